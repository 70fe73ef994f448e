package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// goMetrics adds what the Go runtime says of itself, under the names that Prometheus'
// own library for Go gives them, so that boards made for other programs show ours.
func goMetrics(t *metricsText) {
	collectionMetrics(t)
	t.one("go_goroutines", aGauge, "Number of goroutines that exist now.", float64(runtime.NumGoroutine()))
	t.head("go_info", aGauge, "Version of Go.")
	t.sample("go_info", 1, "version", runtime.Version())
	memoryMetrics(t)
	t.one("go_sched_gomaxprocs_threads", aGauge, "Threads that may run Go code at the same time.", float64(runtime.GOMAXPROCS(0)))
	threads, _ := runtime.ThreadCreateProfile(nil)
	t.one("go_threads", aGauge, "Number of system threads created.", float64(threads))
}

// collectionMetrics adds the garbage collector's pauses and settings.
func collectionMetrics(t *metricsText) {
	const name = "go_gc_duration_seconds"
	stats := debug.GCStats{PauseQuantiles: make([]time.Duration, 5)}
	debug.ReadGCStats(&stats)
	t.head(name, aSummary, "Pauses of the program for garbage collection.")
	for i, quantile := range []string{"0", "0.25", "0.5", "0.75", "1"} {
		t.sample(name, stats.PauseQuantiles[i].Seconds(), "quantile", quantile)
	}
	t.sample(name+"_sum", stats.PauseTotal.Seconds())
	t.sample(name+"_count", float64(stats.NumGC))
	t.one("go_gc_gogc_percent", aGauge, "How much the heap may grow before it is collected, in percent; -1 is without end.", gogc())
	t.one("go_gc_gomemlimit_bytes", aGauge, "Memory that the Go runtime tries to stay below.", float64(debug.SetMemoryLimit(-1)))
}

// gogc is what the environment says, as the runtime reads it: nothing in this program
// changes it, and to ask the runtime would set it.
func gogc() float64 {
	text := os.Getenv("GOGC")
	if text == "off" {
		return -1
	}
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return float64(n)
	}
	return 100
}

// memoryMetrics adds what the runtime counts of its memory.
func memoryMetrics(t *metricsText) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	for _, line := range []struct {
		name, kind, help string
		value            uint64
	}{
		{"alloc_bytes", aGauge, "Bytes of heap objects in use.", m.Alloc},
		{"alloc_bytes_total", aCounter, "Bytes of heap objects allocated since the start.", m.TotalAlloc},
		{"buck_hash_sys_bytes", aGauge, "Bytes of the table for profiles.", m.BuckHashSys},
		{"frees_total", aCounter, "Heap objects freed since the start.", m.Frees},
		{"gc_sys_bytes", aGauge, "Bytes that garbage collection needs for itself.", m.GCSys},
		{"heap_alloc_bytes", aGauge, "Bytes of heap objects in use, as go_memstats_alloc_bytes.", m.HeapAlloc},
		{"heap_idle_bytes", aGauge, "Bytes of heap without objects.", m.HeapIdle},
		{"heap_inuse_bytes", aGauge, "Bytes of heap with objects.", m.HeapInuse},
		{"heap_objects", aGauge, "Heap objects in use.", m.HeapObjects},
		{"heap_released_bytes", aGauge, "Bytes of heap given back to the system.", m.HeapReleased},
		{"heap_sys_bytes", aGauge, "Bytes of heap that the system gave.", m.HeapSys},
		{"mallocs_total", aCounter, "Heap objects allocated since the start.", m.Mallocs},
		{"mcache_inuse_bytes", aGauge, "Bytes of mcache structures in use.", m.MCacheInuse},
		{"mcache_sys_bytes", aGauge, "Bytes that the system gave for mcache structures.", m.MCacheSys},
		{"mspan_inuse_bytes", aGauge, "Bytes of mspan structures in use.", m.MSpanInuse},
		{"mspan_sys_bytes", aGauge, "Bytes that the system gave for mspan structures.", m.MSpanSys},
		{"next_gc_bytes", aGauge, "Bytes of heap at which it is collected next.", m.NextGC},
		{"other_sys_bytes", aGauge, "Bytes that the system gave for everything else.", m.OtherSys},
		{"stack_inuse_bytes", aGauge, "Bytes of stacks in use.", m.StackInuse},
		{"stack_sys_bytes", aGauge, "Bytes that the system gave for stacks.", m.StackSys},
		{"sys_bytes", aGauge, "Bytes that the system gave altogether.", m.Sys},
	} {
		t.one("go_memstats_"+line.name, line.kind, line.help, float64(line.value))
	}
	t.one("go_memstats_last_gc_time_seconds", aGauge, "When garbage was collected last, in seconds since 1970; 0 is never.", float64(m.LastGC)/1e9)
}
