"""How close concurrent requests come to the ideal, and what the harness costs per call.

Run: python tests/agents/models/bench_throughput.py
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
sys.path.insert(0, str(ROOT))

from agents.models import Message, Request, make_model  # noqa: E402


def measure(url: str, concurrency: int, latency_s: float, rounds: int, cache: str | None) -> dict[str, float]:
    """Ask ``rounds * concurrency`` questions; returns rate, share of the ideal rate, overhead per call."""
    model = make_model("openai_compatible", model="m", base_url=url, max_concurrency=concurrency, cache=cache or False)
    prompt = "word " * 500
    with model:
        model.complete_batch([Request((Message.user(f"warm {n}"),)) for n in range(concurrency)])  # connections, imports
        count = rounds * concurrency
        requests = [Request((Message.user(f"{prompt}{n}"),)) for n in range(count)]
        start, cpu = time.perf_counter(), time.process_time()
        completions = model.complete_batch(requests)
        elapsed, busy = time.perf_counter() - start, time.process_time() - cpu
    assert all(completion.error is None for completion in completions)
    ideal = rounds * latency_s
    return {
        "calls": count,
        "calls_per_second": count / elapsed,
        "share_of_ideal": ideal / elapsed,
        "cpu_ms_per_call": 1000 * busy / count,
        "overhead_ms_per_call": 1000 * (elapsed - ideal) / count,
    }


def main() -> None:
    """Start the server in a process of its own, so that it does not share our interpreter, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--latency", type=float, default=0.2)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    command = [sys.executable, str(Path(__file__).with_name("server.py")), "--port", "0", "--latency", str(arguments.latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, tempfile.TemporaryDirectory() as folder:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            for cache in (None, folder):
                figures = measure(url, arguments.concurrency, arguments.latency, arguments.rounds, cache)
                print(
                    "with cache:   " if cache else "without cache:", {name: round(value, 3) for name, value in figures.items()}
                )
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
