package server

// Held counts the listeners and connections that a Server knows.
func (s *Server) Held() (listeners, conns int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.listeners), len(s.conns)
}
