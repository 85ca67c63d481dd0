"""FastAPI as one would write it: plain functions, which it runs in its threads.

uvicorn serve_fastapi:app
"""

from drawing import Model, npy, png
from fastapi import FastAPI, Response

app = FastAPI()
model = Model()


@app.get("/images/{seed}.png")
def image(seed: int):
    return Response(png(model.draw([seed])[0]), media_type="image/png")


@app.get("/raw/{seed}")
def raw(seed: int, n: int = 16):
    return Response(npy(model.draw(range(seed, seed + n))), media_type="application/x-npy")
