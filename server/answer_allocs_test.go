//go:build !race

package server_test

import "testing"

// mostAllocs is how many allocations a plain request and its answer may cost, together with
// the two (field and value) of the handler here.
const mostAllocs = 10

func TestAnswerCostsFewAllocations(t *testing.T) {
	ours, stock := serveBoth(t, kibibyte())
	got := testing.AllocsPerRun(300, ours.exchanges(t, request("GET", "/", "")))
	if want := testing.AllocsPerRun(300, stock.exchanges(t, request("GET", "/", ""))); got > mostAllocs || got > want {
		t.Errorf("%v allocations, want at most %v; net/http has %v", got, mostAllocs, want)
	}
	t.Logf("%v allocations", got)
}
