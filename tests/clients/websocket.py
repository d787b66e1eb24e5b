"""The admin interface's WebSocket for records, through a client that nobody here wrote."""
import json
import time

from websockets.sync.client import connect


class Feed:
    """A connection to /ws/v1/data."""

    def __init__(self, port, hello=True, path="/ws/v1/data", **options):
        self.socket = connect(f"ws://127.0.0.1:{port}{path}", subprotocols=["log.v1.json"], max_size=None, compression=None, **options)
        self.kept = []
        if hello:
            self.send(op="hello", v=1, client="test")
            self.welcome = self.next("welcome")

    def send(self, **frame):
        frame = {name.rstrip("_"): value for name, value in frame.items()}  # from_ is a word of Python
        self.socket.send(json.dumps(frame))

    def next(self, *ops, id=None, seconds=20):
        """The next frame with one of these ops, and that id; what comes before it is kept for later."""
        def fits(frame):
            return (not ops or frame["op"] in ops) and (id is None or frame.get("id") == id)
        for at, frame in enumerate(self.kept):
            if fits(frame):
                return self.kept.pop(at)
        deadline = time.monotonic() + seconds
        while True:
            frame = json.loads(self.socket.recv(timeout=max(deadline - time.monotonic(), 0.001)))
            if fits(frame):
                return frame
            self.kept.append(frame)

    def quiet(self, seconds=0.3):
        """Nothing comes for so long, apart from what was kept."""
        try:
            frame = self.socket.recv(timeout=seconds)
        except TimeoutError:
            return True
        self.kept.append(json.loads(frame))
        return False

    def records(self, count, id=1, seconds=30):
        """So many records of a subscription: [(partition, offset, record)], in the order they came."""
        found = []
        while len(found) < count:
            frame = self.next("recs", id=id, seconds=seconds)
            found += [(frame["p"], int(each["o"]), each) for each in frame["recs"]]
        assert len(found) == count, (len(found), count)
        return found

    def close_code(self, seconds=20):
        """The code by which the server closes."""
        from websockets.exceptions import ConnectionClosed
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                self.kept.append(json.loads(self.socket.recv(timeout=max(deadline - time.monotonic(), 0.001))))
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else None
        raise AssertionError("not closed")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
