package naive

func statistic() map[string]Func {
	return map[string]Func{}
}
