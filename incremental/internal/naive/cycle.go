package naive

func cycle() map[string]Func {
	return map[string]Func{}
}
