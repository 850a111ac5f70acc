"""Where alerts arrive in tests: a web server and a mail server of a thread each, on ports of their own."""

import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from threading import Thread
from typing import Any


@dataclass
class Inbox:
    """What came in. `url` is where to send; while `is_refusing` everything is turned away."""

    url: str = ""
    is_refusing: bool = False
    bodies: list[dict[str, Any]] = field(default_factory=list)
    messages: list[EmailMessage] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)


@contextmanager
def web_server() -> Iterator[Inbox]:
    """Takes JSON by POST; answers 503 while refusing."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not inbox.is_refusing:
                inbox.bodies.append(json.loads(body))
            self.send_response(503 if inbox.is_refusing else 204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with _served(Handler) as port:
        inbox.url = f"http://127.0.0.1:{port}/hook/secret-of-the-hook"
        yield inbox


@contextmanager
def mail_server() -> Iterator[Inbox]:
    """Speaks as much SMTP (RFC 5321) as a client needs to log in and leave a message; 451 while refusing."""
    inbox = Inbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                match line.split()[0].upper():
                    case "EHLO":
                        self.say("250-here\r\n250 AUTH PLAIN")
                    case "AUTH":
                        inbox.logins.append(line)
                        self.say("235 welcome")
                    case "MAIL" if inbox.is_refusing:
                        self.say("451 later")
                    case "DATA":
                        self.say("354 go on")
                        inbox.messages.append(self.message())
                        self.say("250 taken")
                    case "QUIT":
                        self.say("221 bye")
                        return
                    case _:
                        self.say("250 fine")

        def message(self) -> EmailMessage:
            lines = iter(self.rfile.readline, b".\r\n")
            parsed = message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(parsed, EmailMessage)
            return parsed

    with _served(Handler) as port:
        inbox.url = f"smtp://robot:p%40ss@127.0.0.1:{port}"
        yield inbox


@contextmanager
def _served(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
