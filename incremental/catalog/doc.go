// Package catalog lists every indicator: the groups of rows in the order of the documentation.
package catalog
