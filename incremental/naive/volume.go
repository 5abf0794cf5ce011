package naive

func volume() map[string]Func {
	return map[string]Func{}
}
