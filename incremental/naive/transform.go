package naive

func transform() map[string]Func {
	return map[string]Func{}
}
