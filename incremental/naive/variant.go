package naive

func variant() map[string]Func {
	return map[string]Func{}
}
