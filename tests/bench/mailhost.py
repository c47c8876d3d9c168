"""What the benches of the daemon share: a mail server of their own (tests/support/mailserver), a programme made by
`pairpost init`, and the daemon on it. Nothing beyond Python's standard library."""

import datetime
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
SERVER = os.path.join(REPOSITORY, "tests/support/mailserver")
PAIRPOST = os.path.join(REPOSITORY, "target/release/pairpost")
ADDRESS = "bench@org.test"
COLUMNS = ["name", "country", "place", "languages", "sector", "stage", "interests", "about", "promise"]


class Host:
    """Dovecot, Postfix and smtp-sinks in a folder of their own, as long as the `with` block lasts."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="bench-", dir="/tmp")
        os.chmod(self.folder, 0o755)
        self.base = os.path.join(self.folder, "mail")
        printed = subprocess.run([os.path.join(SERVER, "up"), "--owner", str(os.getpid()), self.base], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout
        self.named = dict(line.split("=", 1) for line in printed.splitlines())
        self.address = self.named["ADDRESS"]
        return self

    def __exit__(self, *_):
        subprocess.run([os.path.join(SERVER, "down"), self.base], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def mailbox(self, user):
        """The Maildir of a user at org.test, made if need be."""
        path = os.path.join(self.base, "mail/org.test", user, "Maildir")
        for part in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(path, part), exist_ok=True)
        return path

    def give(self, user, messages):
        """Puts messages into a user's mailbox, past the server, as a delivery agent does."""
        path = self.mailbox(user)
        for number, message in enumerate(messages):
            with open(os.path.join(path, "new", "%d.M%dP1.bench" % (1_700_000_000 + number, number)), "wb") as file:
                file.write(message)
        subprocess.run(["chown", "-R", "nobody:nogroup", os.path.join(self.base, "mail")], check=True)


class Programme:
    """A config folder on that server, made by `pairpost init` as its README tells people to."""

    def __init__(self, host, pairpost, smtp_port=22465, replace=()):
        self.pairpost, self.host = pairpost, host
        self.config = os.path.join(host.folder, "programme")
        # Applications are open, so that strangers are answered at once and not an hour's worth at a time.
        start = datetime.date.today() + datetime.timedelta(days=14)
        subprocess.run(
            [pairpost, "init", self.config, "--address", ADDRESS, "--coordinator", "Ada Martin <ada@org.test>",
             "--imap", host.address, "--smtp", host.address, "--zone", "UTC", "--start", str(start)],
            check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        path = os.path.join(self.config, "pairpost.toml")
        with open(path) as file:
            text = file.read()
        authority = 'tls_ca_file = "%s/tls/ca.pem"' % host.base
        changes = [('# tls_ca_file = "private-ca.pem"', authority), ("# port = 993", "port = 22993"),
                   ("# port = 465", "port = %d" % smtp_port)]
        columns = ", ".join('%s = "%s"' % (name, name) for name in COLUMNS)
        changes += [("[import]\n", '[import]\naddress = "address"\ncolumns = { %s }\n' % columns),
                    ("# letters_per_hour = 1000", "letters_per_hour = 100000"),
                    ("# stranger_letters_per_hour_open = 200", "stranger_letters_per_hour_open = 100000")]
        if smtp_port != 22465:
            # Without encryption and login, as smtp-source speaks.
            head, tail = text.split("[sending]", 1)
            tail = re.sub(r'^user = .*\npassword_file = .*\n', "", tail, count=1, flags=re.M)
            text = head + "[sending]" + tail.replace('# security = "tls"', 'security = "plain"', 1)
        for before, after in changes + list(replace):
            assert before in text, before
            text = text.replace(before, after)
        with open(path, "w") as file:
            file.write(text)
        with open(os.path.join(self.config, "secrets/mailbox-password"), "w") as file:
            file.write(host.named["PASSWORD"] + "\n")

    @property
    def database(self):
        return os.path.join(self.config, "state/pairpost.db")

    def ask(self, question):
        """One answer of the database, read while the daemon writes it."""
        db = sqlite3.connect("file:%s?mode=ro" % self.database, uri=True, timeout=30)
        try:
            return db.execute(question).fetchone()[0]
        finally:
            db.close()

    def make_database(self):
        daemon = Daemon(self, os.path.join(self.host.folder, "log.first"))
        daemon.wait_for("ready")
        daemon.stop()

    def run(self, *words):
        subprocess.run([self.pairpost, *words, "--config", self.config], check=True, stdout=subprocess.DEVNULL)

    def admit(self, count, domain="people.test"):
        """People whose applications came in a table; each has a letter in the outbox now."""
        table = os.path.join(self.host.folder, "people.csv")
        with open(table, "w") as file:
            file.write(",".join(["address"] + COLUMNS) + "\n")
            for number in range(count):
                file.write('reader%d@%s,Person %d,Norway,Bergen,"English, Norwegian",Public library,2,"1, 3",'
                           'I run the reading room.,yes\n' % (number, domain, number))
        self.run("import", "applications", table)


class Daemon:
    def __init__(self, programme, log, before=()):
        self.log = open(log, "w+")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PAIRPOST_")}
        self.begun = time.time()
        self.process = subprocess.Popen([*before, programme.pairpost, "run", "--config", programme.config],
                                        stderr=self.log, env=environment)

    def wait_for(self, words, seconds=60):
        until = time.time() + seconds
        while words not in self.logged():
            assert self.process.poll() is None and time.time() < until, self.logged()[-3000:]
            time.sleep(0.01)

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def memory(self):
        with open("/proc/%d/status" % self.process.pid) as file:
            return {name: int(value) for name, value in re.findall(r"(VmRSS|VmHWM):\s+(\d+) kB", file.read())}

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, self.logged()[-3000:]

    def end(self):
        """However it stands with it."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
