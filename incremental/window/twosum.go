package window

// A total that only grows keeps every rounding error forever. TwoSum carries
// the error beside it (Knuth, TAOCP vol. 2, 4.2.2, theorem B; summed as in
// Neumaier 1974). Sums over a window need no such care: see mean.go.

// TwoSum returns a+b rounded, and the exact error of the rounding.
func TwoSum(a, b float64) (sum, err float64) {
	sum = a + b
	t := sum - a
	return sum, (a - (sum - t)) + (b - t)
}
