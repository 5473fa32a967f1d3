"""The base of the tests with a journal."""

from .case import E2E
from .journal import contents, data_of
from .process import run


class Journal(E2E):
    """What these tests have in common: nodes that keep a journal, and their next starts."""

    def kept(self, mode="interval", nodes=1, start=True, flags=()):
        """The first node of a cluster that keeps journals."""
        return self.cluster(nodes=nodes, start=start, flags=["--durability", mode, *flags])["n1"]

    def start(self, node, *flags):
        node.start(*flags).await_ready()
        return self.client(node)

    def killed_and_started(self, node, *flags):
        node.process.kill()
        return self.start(node, *flags)

    def stopped_and_started(self, node, *flags):
        self.assertEqual(node.process.terminate(15), 0)
        return self.start(node, *flags)

    def refused(self, node, *words, flags=()):
        """A start fails with these words, and leaves the directory as it is."""
        folder = flags[flags.index("--data-dir") + 1] if "--data-dir" in flags else data_of(node)
        before = contents(folder)
        done = run(*node.command(*flags))
        told = done.stdout + done.stderr
        self.assertNotEqual(done.returncode, 0, told)
        for word in words:
            self.assertIn(word, told)
        self.assertEqual(contents(folder), before)
        return told

    def attempt(self, node, *args, within=5):
        """A command on a connection of its own; None if that ends without a reply."""
        with node.connect(within) as client:
            try:
                return client(*args)
            except TimeoutError:
                raise
            except OSError:
                return None
