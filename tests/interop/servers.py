"""Real mail servers of a machine's own packages, each with settings, queue and data of its own in a folder under /tmp.

They are started as root, as these programs want it, listen on loopback alone, and are ended by the process id that
started them. Nothing of the machine's own installation is changed.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 30.0
"""Seconds that anything may take."""

PROGRAMS = {
    "/usr/sbin/postfix": "postfix",
    "/usr/lib/postfix/sbin/master": "postfix",
    "/usr/sbin/dovecot": "dovecot-core",
    "/usr/lib/dovecot/imap": "dovecot-imapd",
    "openssl": "openssl",
}

POSTFIX = """
compatibility_level = 3.6
config_directory = {root}/etc
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {root}/log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = relay.example.net
mydestination =
alias_maps =
local_recipient_maps =
recipient_delimiter = +
smtpd_tls_security_level = none
smtp_tls_security_level = none
smtp_host_lookup = native
virtual_mailbox_domains = news.example.org, readers.example.org
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = texthash:{root}/etc/mailboxes
virtual_minimum_uid = 100
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
transport_maps = texthash:{root}/etc/transport
"""

SERVICES = """
127.0.0.1:{relay} inet n - n - - smtpd -o smtpd_reject_unlisted_recipient=no
127.0.0.1:{next_hop} inet n - n - - smtpd
  -o myhostname=mx.example.com
  -o smtpd_recipient_restrictions=check_recipient_access,texthash:{root}/etc/nobody,reject
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

DOVECOT = """
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
disable_plaintext_auth = yes
mail_location = maildir:{maildir}
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {root}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/home
}}
service imap-login {{
  inet_listener imap {{
    port = {starttls}
  }}
  inet_listener imaps {{
    port = {implicit}
    ssl = yes
  }}
}}
"""


def missing() -> list[str]:
    """Return what this machine lacks, in words that say how to get it."""
    packages = sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})
    lacks = [f"apt-get install {' '.join(packages)}"] if packages else []
    return lacks + (["run as root: Postfix and Dovecot start as root, and give it up"] if os.geteuid() else [])


@dataclass(frozen=True)
class Postfix:
    """A relay that passes mail on, and gives what comes back to a Maildir.

    At example.com there is nobody: the next hop refuses. At readers.example.org there is ada alone, which only the
    last step finds out. Mail for digest@news.example.org lands in `bounces`.
    """

    root: Path
    relay: int

    @property
    def bounces(self) -> Path:
        return self.root / "mail" / "bounces"

    @property
    def arrived(self) -> list[Path]:
        folder = self.root / "mail" / "ada" / "new"
        return list(folder.iterdir()) if folder.is_dir() else []

    def log(self) -> str:
        return (self.root / "log").read_text("utf-8")


@dataclass(frozen=True)
class Dovecot:
    """An IMAP server before a Maildir, for the user "digest"; `certificate` is whom a client has to trust."""

    implicit: int
    starttls: int
    certificate: Path
    password: str = "open sesame"


@contextmanager
def postfix() -> Iterator[Postfix]:
    """Run a Postfix of one's own until the block ends."""
    with _folder("pf") as root:
        nobody = pwd.getpwnam("nobody")
        relay, next_hop = _ports(2)
        for name in ("etc", "queue", "data", "mail"):
            (root / name).mkdir()
        shutil.chown(root / "data", "postfix")
        shutil.chown(root / "mail", nobody.pw_uid, nobody.pw_gid)
        texts = {
            "main.cf": POSTFIX.format(root=root, uid=nobody.pw_uid, gid=nobody.pw_gid),
            "master.cf": SERVICES.format(root=root, relay=relay, next_hop=next_hop),
            "mailboxes": "digest@news.example.org bounces/\nada@readers.example.org ada/\n",
            "nobody": "example.com 550 5.1.1 there is nobody of that name\n",
            "transport": f"example.com smtp:[127.0.0.1]:{next_hop}\n",
        }
        for name, text in texts.items():
            (root / "etc" / name).write_text(text.lstrip("\n"), encoding="utf-8")
        etc = str(root / "etc")
        subprocess.run(["/usr/sbin/postfix", "-c", etc, "check"], check=True, capture_output=True, timeout=PATIENCE)
        with _process(["/usr/lib/postfix/sbin/master", "-c", etc, "-d"], root / "out", lambda: [relay, next_hop]):
            yield Postfix(root, relay)


@contextmanager
def dovecot(maildir: Path) -> Iterator[Dovecot]:
    """Run a Dovecot of one's own before a Maildir until the block ends."""
    with _folder("dc") as root:
        nobody = pwd.getpwnam("nobody")
        implicit, starttls = _ports(2)
        make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        make += f" -addext subjectAltName=IP:127.0.0.1 -keyout {root}/key.pem -out {root}/cert.pem"
        subprocess.run(make.split(), check=True, capture_output=True, timeout=PATIENCE)
        text = DOVECOT.format(
            root=root, maildir=maildir, uid=nobody.pw_uid, gid=nobody.pw_gid, implicit=implicit, starttls=starttls
        )
        (root / "dovecot.conf").write_text(text, encoding="utf-8")
        found = Dovecot(implicit, starttls, root / "cert.pem")
        (root / "users").write_text(f"digest:{{PLAIN}}{found.password}\n", encoding="utf-8")
        (root / "home").mkdir()
        shutil.chown(root / "home", nobody.pw_uid, nobody.pw_gid)
        command = ["/usr/sbin/dovecot", "-F", "-c", str(root / "dovecot.conf")]
        with _process(command, root / "out", lambda: [implicit, starttls]):
            yield found


def wait_for(what: str, is_so: Callable[[], object]) -> None:
    """Wait until something is so, for as long as PATIENCE."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, f"{what}: not within {PATIENCE:.0f} seconds"
        time.sleep(0.1)


@contextmanager
def _folder(prefix: str) -> Iterator[Path]:
    """Make a folder whose path is short, for sockets, and open, for servers that gave up being root."""
    root = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    root.chmod(0o755)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _process(command: list[str], out: Path, ports: Callable[[], list[int]]) -> Iterator[None]:
    """Run a server in a process group of its own, from when it listens until the block ends."""
    with out.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True)
    try:
        wait_for(f"{command[0]} listens", lambda: all(map(_listens, ports())) or process.poll() is not None)
        assert process.poll() is None, f"{' '.join(command)} ended: {out.read_text('utf-8')}"
        yield
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            with _no_such_process():
                os.killpg(process.pid, signal.SIGKILL)  # the group that we made, whoever is left of it


@contextmanager
def _no_such_process() -> Iterator[None]:
    with suppress(ProcessLookupError):
        yield


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def _ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
