package naive

func price() map[string]Func {
	return map[string]Func{}
}
