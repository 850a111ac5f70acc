"""A way to a server that can become a black hole: what goes in is taken, and nothing ever comes out."""

import contextlib
import socket
import threading
from collections.abc import Iterator


class StallingProxy:
    """Forwards TCP connections from `port` of loopback to `target` until `stall` is called.

    `asked` is what clients sent, of all connections.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._is_stalled = threading.Event()
        self.asked = bytearray()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """From now on nothing that was sent arrives."""
        self._is_stalled.set()

    def close(self) -> None:
        """Ends every connection."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inner, _ = self._listener.accept()
                outer = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [inner, outer]
                for source, sink in ((inner, outer), (outer, inner)):
                    arguments = (source, sink, source is inner)
                    threading.Thread(target=self._forward, args=arguments, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, is_asking: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if is_asking:
                    self.asked += data
                if not self._is_stalled.is_set():
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def stalling_proxy(target: int) -> Iterator[StallingProxy]:
    """One that is closed with the `with`."""
    proxy = StallingProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
