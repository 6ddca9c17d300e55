"""Where the agent works: shut in by bubblewrap, with the model behind a relay."""
