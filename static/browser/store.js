// The state of a page, one object that never changes but is replaced, and the page that shows it.

const HIDDEN = 100; // ms; a hidden page has no frames, but a title, and is heard

export class Store {
  #due = false; // whether another state is about to be shown
  #show;

  /** `show()` is called in the next frame after a change. */
  constructor(state, show) {
    this.state = state;
    this.#show = show;
  }

  /** Something has happened: the state is `next` from now on. */
  update(next) {
    if (next === this.state) return;
    this.state = next;
    if (this.#due) return;
    this.#due = true;
    const frame = () => this.#due && this.show();
    requestAnimationFrame(frame);
    setTimeout(frame, HIDDEN);
  }

  /** Show the state now. */
  show() {
    this.#due = false;
    this.#show();
  }

  /** `change` of the state, as a function of what happens. */
  on(change) {
    return (...what) => this.update(change(this.state, ...what));
  }

  /** Something beside the state has changed: it is shown again. */
  again() {
    this.update({ ...this.state });
  }
}
