"""Pages as a phone shows them: in Debian's Chromium, at the size of one."""
