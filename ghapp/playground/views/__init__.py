"""JSON views of the state: one function per type, used for REST answers and for deliveries alike."""
