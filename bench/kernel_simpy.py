"""The model of `twin-bench kernel` in SimPy: 100,000 processes of 8 sleeps each. Prints wake-ups a second."""

import time

import simpy


def process(environment, index):
    for step in range(8):
        yield environment.timeout((index * 7919 + step * 104729) % 1000 + 1)


def main():
    environment = simpy.Environment()
    began = time.perf_counter()
    for index in range(100_000):
        environment.process(process(environment, index))
    environment.run()
    print(f"simpy:  {int(800_000 / (time.perf_counter() - began))} process wake-ups a second")


if __name__ == "__main__":
    main()
