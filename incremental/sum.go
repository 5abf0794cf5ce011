package incremental

// A running sum that only adds and subtracts keeps every rounding error
// forever: on a flat tape of decimal prices its mean differs from the price.
// twoSum carries the error instead (Knuth, TAOCP vol. 2, 4.2.2, theorem B;
// summed as in Neumaier 1974), so that what was added and removed again leaves
// nothing behind.

// twoSum returns a+b rounded, and the exact error of the rounding.
func twoSum(a, b float64) (sum, err float64) {
	sum = a + b
	t := sum - a
	return sum, (a - (sum - t)) + (b - t)
}
