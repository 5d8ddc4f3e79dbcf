"""How files are shared out between workers: one begins at the front, where the browser tests are, the next at the back.

So one worker has the server and the browser, with the core that the other one leaves it, until they meet in what needs
neither.
"""

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController


class BothEnds(LoadFileScheduling):
    def _assign_work_unit(self, node: WorkerController) -> None:
        if self.nodes.index(node) % 2:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)
