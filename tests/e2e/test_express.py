"""An unmodified express-session with connect-redis keeps its users' sessions in limpet, over three nodes."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness.case import E2E
from harness.haproxy import HAProxy
from harness.process import run

HERE = pathlib.Path(__file__).resolve().parent / "express"


def install_packages():
    """Puts the packages into a folder of the build, once for each package.json; returns the folder."""
    wanted = (HERE / "package.json").read_bytes()
    base = os.environ.get("LIMPET_E2E_CACHE", os.path.join(tempfile.gettempdir(), "limpet-e2e-npm"))
    folder = os.path.join(base, "express-" + hashlib.sha256(wanted).hexdigest()[:12])
    stamp = os.path.join(folder, "installed")
    if os.path.exists(stamp):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    shutil.copy(HERE / "package.json", folder)
    for attempt in (1, 2, 3):
        done = subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
                              cwd=folder, capture_output=True, text=True, timeout=180, check=False)
        if done.returncode == 0:
            open(stamp, "w", encoding="utf-8").close()
            return folder
    raise AssertionError(f"npm install failed {attempt} times:\n{done.stdout}{done.stderr}")


@unittest.skipIf(os.environ.get("LIMPET_OFFLINE"), "LIMPET_OFFLINE is set: npm is not asked for packages")
class Express(E2E):
    @classmethod
    def setUpClass(cls):
        cls.folder = install_packages()
        cls.nodes = cls.class_cluster()

    def visit(self, *addresses):
        done = run("node", str(HERE / "sessions.js"), *addresses, cwd=self.folder, within=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("no error", done.stdout)

    def test_users_wander_between_apps_that_talk_to_different_nodes(self):
        self.visit(*[node.client for node in self.nodes])

    def test_users_wander_between_apps_behind_haproxy(self):
        haproxy = HAProxy(self.nodes)
        self.addCleanup(haproxy.close)
        haproxy.await_ready()
        self.visit(*[haproxy.address] * 4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
