package naive

func pine() map[string]Func {
	return map[string]Func{}
}
