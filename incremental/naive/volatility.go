package naive

func volatility() map[string]Func {
	return map[string]Func{}
}
