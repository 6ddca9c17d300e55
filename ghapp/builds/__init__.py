"""Files of builds: unpacked safely, looked into, and kept on this machine until their time is over."""
