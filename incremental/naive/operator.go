package naive

func operator() map[string]Func {
	return map[string]Func{}
}
