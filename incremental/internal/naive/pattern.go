package naive

func pattern() map[string]Func {
	return map[string]Func{}
}
