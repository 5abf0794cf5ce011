package naive

func momentum() map[string]Func {
	return map[string]Func{}
}
