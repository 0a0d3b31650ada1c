// The module's own files stand beside this one.
