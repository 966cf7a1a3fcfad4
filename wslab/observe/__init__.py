"""Look at what crosses a socket: :mod:`.tap` records it, :mod:`.dissect` explains every byte."""
