// Package match answers which request paths a Next.js config.matcher covers.
//
// A [Set] is a compiled matcher. It is asked in one of two ways, which differ on purpose:
//
//   - [Set.Match] gives the answer of next@16.4.6, edges included. Use it to predict or to
//     replace what Next does.
//   - [Set.Covers] serves rules that protect pages. It says yes when any spelling of the path
//     that a back end might understand is covered, so that a protected page cannot be reached
//     by writing its address differently. Ask [Set.Protects] once, when such rules are loaded.
//
// [Set.Explain] and [Set.ExplainCovers] give the same answers with their reasons.
//
// Patterns are path-to-regexp 6.3.0 with JavaScript regular expressions inside. They run on an
// engine of our own whose work is bounded by the length of the path times the size of the
// pattern: there is no backtracking, so no path can make it slow. Back-references and
// lookbehind, which Next would accept, are refused for that reason.
//
// The package does not route, redirect or refuse requests, knows no sessions, and does not
// look at the method. Locales by domain (i18n.domains) are not known to it.
package match
