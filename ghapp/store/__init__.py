"""Our own records in Redis: runs and their leases, threads' inboxes, transcripts, the pace of comments."""
