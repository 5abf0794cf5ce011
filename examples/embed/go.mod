module example.com/embed

go 1.26.0

require streamd v0.0.0

replace streamd => ../..
