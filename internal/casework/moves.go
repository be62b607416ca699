package casework

// Move is a step of a kind of record: from which states it may be taken, and where it leads. A state of "" is that of a record that
// does not exist yet, Back that in which a signal was before it was linked or joined.
type Move struct {
	Of, Step string
	From     []string
	To       string
}

// Moves lists every step of signals, cases, meetings, requests and restorative processes, as pages and services take them.
// The documentation is made of it.
func Moves() []Move {
	all := rows("signal", signalMoves, SignalSteps())
	all = append(all, rows("case", caseMoves, CaseSteps())...)
	all = append(all, rows("meeting", meetingMoves, []MeetingStep{CallIt, CallOffIt, Convene, Minute, AgreeIt})...)
	all = append(all, rows("request", requestMoves, RequestSteps())...)
	return append(all, rows("restorative", restorativeMoves, []RestorativeStep{Refer, Prepare, ConveneIt, Conclude, Disagree, Follow, EndFollow, Stop, RefuseIt})...)
}

func rows[S, P ~string](of string, t table[S, P], steps []P) []Move {
	var all []Move
	for _, p := range steps {
		m := Move{Of: of, Step: string(p), To: string(t[p].to)}
		for _, s := range t[p].from {
			m.From = append(m.From, string(s))
		}
		all = append(all, m)
	}
	return all
}
