package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ticks is how many parts of a second the kernel counts CPU time and starts in. It tells
// programs 100 on every architecture, however it counts itself (proc(5), USER_HZ).
const ticks = 100

// processMetrics adds what the kernel says of this process, under the names that
// Prometheus' own libraries give it. What cannot be read is left out.
func processMetrics(t *metricsText) {
	stat := procFields("/proc/self/stat")
	if len(stat) > 23 {
		t.one("process_cpu_seconds_total", aCounter, "CPU time used, by the program and for it.", (stat[13]+stat[14])/ticks)
		if boot, ok := bootTime(); ok {
			t.one("process_start_time_seconds", aGauge, "When the process began, in seconds since 1970.", boot+stat[21]/ticks)
		}
		t.one("process_virtual_memory_bytes", aGauge, "Address space in use.", stat[22])
		t.one("process_resident_memory_bytes", aGauge, "Memory in use.", stat[23]*float64(os.Getpagesize()))
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		// Less the one that lists the folder.
		t.one("process_open_fds", aGauge, "Files and connections that are open.", float64(len(open)-1))
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		t.one("process_max_fds", aGauge, "How many files and connections may be open.", float64(limit.Cur))
	}
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) == nil {
		t.one("process_virtual_memory_max_bytes", aGauge, "How much address space may be in use.", float64(limit.Cur))
	}
	if in, out, ok := octets(); ok {
		t.one("process_network_receive_bytes_total", aCounter, "Bytes received in the network namespace of the process.", in)
		t.one("process_network_transmit_bytes_total", aCounter, "Bytes sent in the network namespace of the process.", out)
	}
}

// procFields are the numbers of a line, numbered from 0 as in proc(5) from 1. What is no
// number is 0. The name of the program, which may hold blanks, ends with the last bracket.
func procFields(path string) []float64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	name := bytes.LastIndexByte(text, ')')
	if name < 0 {
		return nil
	}
	list := make([]float64, 2, 52)
	for _, f := range strings.Fields(string(text[name+1:])) {
		n, _ := strconv.ParseFloat(f, 64)
		list = append(list, n)
	}
	return list
}

// bootTime is when the machine began, in seconds since 1970.
func bootTime() (float64, bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "btime "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return n, err == nil
		}
	}
	return 0, false
}

// octets reads how much the IP layer received and sent: two lines, of names and of numbers.
func octets() (in, out float64, ok bool) {
	text, err := os.ReadFile("/proc/self/net/netstat")
	if err != nil {
		return 0, 0, false
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != "IpExt:" {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for i := range min(len(names), len(fields)) {
			switch n, _ := strconv.ParseFloat(fields[i], 64); names[i] {
			case "InOctets":
				in, ok = n, true
			case "OutOctets":
				out = n
			}
		}
	}
	return in, out, ok
}
