"""What threads take at once."""

import threading

from ganzoo_serve.engine.crew import Crew, Work
from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.generator import Generator


def test_who_is_alone_is_drawn_alone_and_a_crowd_in_whole_groups(model_dir, monkeypatch):
    generator = Generator.load(model_dir / "plain.onnx", device="cpu")
    generator.use((1, 2, 4, 8, 16, 32, 64), 64)
    begun, gate, taken, drawn = threading.Event(), threading.Event(), [], threading.Semaphore(0)
    run = generator.run_checked

    def gated(z, *rest):
        taken.append(generator.batches(len(z)))
        begun.set()
        assert gate.wait(20)
        return run(z, *rest)

    monkeypatch.setattr(generator, "run_checked", gated)
    crew = Crew(1, lambda outcomes: drawn.release(len(outcomes)))
    crew.add(Work(Drawing.of_seeds(generator, [0]), len))
    assert begun.wait(20)
    for seed in range(1, 101):
        crew.add(Work(Drawing.of_seeds(generator, [seed]), len))
    gate.set()
    for _ in range(101):
        assert drawn.acquire(timeout=20)
    crew.close()
    assert taken == [[1], [64], [64]]  # 36 fill up the second
