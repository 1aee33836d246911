"use strict";

/** Coordinates are integers from 0 to this, so that a page of 100,000 points stays small. */
const SPAN = 65535;
const MARGIN = 14;
const REACH = 12;
const STEP_ROWS = 100;
const LAYERS = ["pool", "target", "picked"];

const byId = (id) => document.getElementById(id);
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

async function unpacked() {
  const bytes = Uint8Array.from(atob(byId("data").textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Four digits tell values apart; integers are shown whole. */
function shown(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  return Number(value.toPrecision(4)).toString();
}

// --- map -----------------------------------------------------------------------------------------

class PointMap {
  constructor(data, colours) {
    this.data = data;
    this.colours = colours;
    this.canvas = byId("map");
    this.context = this.canvas.getContext("2d");
    this.visible = new Set(LAYERS);
    this.chosen = null;
    this.pick = -1;
    this.reset();
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    this.resize();
  }

  listen() {
    for (const name of LAYERS) {
      if (!this.colours.labels) byId(`show-${name}`).style.accentColor = this.colours[name];
      byId(`show-${name}`).addEventListener("change", (event) => {
        event.target.checked ? this.visible.add(name) : this.visible.delete(name);
        this.redraw();
      });
    }
    byId("zoom-in").addEventListener("click", () => this.zoom(1.5));
    byId("zoom-out").addEventListener("click", () => this.zoom(1 / 1.5));
    byId("zoom-all").addEventListener("click", () => { this.reset(); this.redraw(); });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== this.canvas) return; // the page scrolls
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    }, { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => {
      this.drag = { x: event.offsetX, y: event.offsetY };
      this.canvas.setPointerCapture(event.pointerId);
      this.point(event.offsetX, event.offsetY);
    });
    this.canvas.addEventListener("pointerup", () => { this.drag = null; });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!this.drag) { this.point(event.offsetX, event.offsetY); return; }
      this.left += event.offsetX - this.drag.x;
      this.top += event.offsetY - this.drag.y;
      this.drag = { x: event.offsetX, y: event.offsetY };
      this.redraw();
    });
  }

  key(event) {
    const picks = this.data.picked.row.length;
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.key in steps && picks) {
      const next = this.pick < 0 && steps[event.key] < 0 ? 0 : this.pick;
      this.choose("picked", (next + steps[event.key] + picks) % picks);
    } else if (event.key === "+" || event.key === "=") this.zoom(1.5);
    else if (event.key === "-") this.zoom(1 / 1.5);
    else if (event.key === "0") { this.reset(); this.redraw(); }
    else return;
    event.preventDefault();
  }

  reset() { this.scale = 1; this.left = 0; this.top = 0; }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const scale = Math.min(200, Math.max(1, this.scale * factor));
    this.left = x - (x - this.left) * scale / this.scale;
    this.top = y - (y - this.top) * scale / this.scale;
    this.scale = scale;
    if (scale === 1) this.reset();
    this.redraw();
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.redraw();
  }

  x(value) { return this.left + this.scale * (MARGIN + value / SPAN * (this.width - 2 * MARGIN)); }

  y(value) {
    return this.top + this.scale * (MARGIN + (1 - value / SPAN) * (this.height - 2 * MARGIN));
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  /** The pool, pixel by pixel: 43 ms for 100,000 rows without a GPU; as squares 460 ms. */
  dots() {
    const { width, height } = this.canvas;
    const image = this.context.createImageData(width, height);
    if (!this.visible.has("pool")) return image;
    const pixels = new Uint32Array(image.data.buffer);
    const palette = (this.colours.labels || [this.colours.pool]).map((colour) => {
      const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
      return (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
    });
    const { x, y, label } = this.data.pool;
    const ratio = width / this.width, size = Math.round(2 * ratio);
    for (let i = 0; i < x.length; i += 1) {
      const left = Math.round(this.x(x[i]) * ratio - size / 2);
      const top = Math.round(this.y(y[i]) * ratio - size / 2);
      if (left < 0 || top < 0 || left + size > width || top + size > height) continue;
      const colour = palette[label ? label[i] : 0];
      for (let row = top; row < top + size; row += 1) {
        pixels.fill(colour, row * width + left, row * width + left + size);
      }
    }
    return image;
  }

  draw() {
    const { context, data, colours } = this;
    const ink = style("--ink");
    context.putImageData(this.dots(), 0, 0);
    const each = (layer, mark) => {
      for (let i = 0; i < layer.row.length; i += 1) {
        if (layer.x[i] !== null) mark(this.x(layer.x[i]), this.y(layer.y[i]), i);
      }
    };
    if (this.visible.has("target")) {
      context.strokeStyle = colours.labels ? ink : colours.target;
      context.lineWidth = 1;
      context.beginPath();
      each(data.target, (x, y) => {
        context.moveTo(x - 3, y - 3); context.lineTo(x + 3, y + 3);
        context.moveTo(x - 3, y + 3); context.lineTo(x + 3, y - 3);
      });
      context.stroke();
    }
    if (this.visible.has("picked")) {
      context.lineWidth = 1.5;
      context.strokeStyle = colours.labels ? ink : colours.picked;
      each(data.picked, (x, y, i) => {
        context.beginPath();
        context.arc(x, y, 4, 0, 7);
        if (colours.labels) {
          context.fillStyle = colours.labels[data.picked.label[i]];
          context.fill();
        }
        context.stroke();
      });
    }
    if (this.chosen) {
      const layer = data[this.chosen.name];
      if (layer.x[this.chosen.place] === null) return;
      context.strokeStyle = ink;
      context.lineWidth = 2.5;
      context.beginPath();
      context.arc(this.x(layer.x[this.chosen.place]), this.y(layer.y[this.chosen.place]), 9, 0, 7);
      context.stroke();
    }
  }

  /** What lies under the pointer: a pick before a target row before a row of the pool. */
  point(x, y) {
    for (const name of [...LAYERS].reverse()) {
      if (!this.visible.has(name)) continue;
      const layer = this.data[name];
      let best = REACH * REACH, place = -1;
      for (let i = 0; i < layer.row.length; i += 1) {
        if (layer.x[i] === null) continue;
        const dx = this.x(layer.x[i]) - x, dy = this.y(layer.y[i]) - y;
        if (dx * dx + dy * dy < best) { best = dx * dx + dy * dy; place = i; }
      }
      if (place >= 0) { this.choose(name, place); return; }
    }
  }

  choose(name, place) {
    if (this.chosen && this.chosen.name === name && this.chosen.place === place) return;
    this.chosen = { name, place };
    if (name === "picked") this.pick = place;
    this.redraw();
    const layer = this.data[name];
    const facts = [`${name}: row ${layer.row[place]}${name === "target" ? " of the target" : ""}`];
    if (layer.label) facts.push(this.data.names[layer.label[place]]);
    if (name === "picked") {
      facts.push(`pick ${layer.order[place]}`);
      for (const [column, title] of COLUMNS.slice(2)) {
        if (layer[column] && layer[column][place] !== null) {
          facts.push(`${title} ${shown(layer[column][place])}`);
        }
      }
    }
    const record = [element("p", facts.join(" · "), { class: "soft" })];
    if (layer.text) record.push(element("p", layer.text[place]));
    byId("record").replaceChildren(...record);
  }
}

// --- table ---------------------------------------------------------------------------------------

const COLUMNS = [
  ["order", "pick"],
  ["row", "row"],
  ["gain", "gain"],
  ["mode", "mode"],
  ["target_row", "nearest target row"],
  ["distance", "distance"],
  ["near_copy_of", "near copy of"],
];

class PickTable {
  constructor(data, map) {
    this.picked = data.picked;
    this.names = data.names;
    this.map = map;
    this.columns = [...COLUMNS];
    if (this.picked.label) this.columns.push(["label", "label"]);
    if (this.picked.text) this.columns.push(["text", "record"]);
    this.sorted = { column: "order", ascending: true };
    this.limit = STEP_ROWS;
    this.head();
    byId("filter").addEventListener("input", () => { this.limit = STEP_ROWS; this.fill(); });
    byId("copies").addEventListener("change", () => { this.limit = STEP_ROWS; this.fill(); });
    byId("more").addEventListener("click", () => { this.limit += STEP_ROWS; this.fill(); });
    this.fill();
  }

  value(column, place) {
    const value = this.picked[column][place];
    return column === "label" ? this.names[value] : value;
  }

  head() {
    const line = element("tr");
    for (const [column, title] of this.columns) {
      const cell = element("th", "", { scope: "col", "data-column": column });
      if (column === "text") cell.className = "text";
      const button = element("button", title, { type: "button" });
      button.addEventListener("click", () => {
        const again = this.sorted.column === column && this.sorted.ascending;
        this.sorted = { column, ascending: !again };
        this.fill();
      });
      cell.append(button);
      line.append(cell);
    }
    byId("picks").tHead.replaceChildren(line);
  }

  /** Places of the picks to show: filtered, and sorted with missing values last. */
  places() {
    const wanted = byId("filter").value.trim().toLowerCase();
    const copies = byId("copies").checked;
    const { column, ascending } = this.sorted;
    const sign = ascending ? 1 : -1;
    const matches = (place) => {
      if (copies && this.picked.near_copy_of[place] === null) return false;
      if (!wanted || String(this.picked.row[place]) === wanted) return true;
      return ["label", "text"].some(
        (name) => this.picked[name] && this.value(name, place).toLowerCase().includes(wanted),
      );
    };
    const found = [...this.picked.row.keys()].filter(matches);
    return found.sort((one, other) => {
      const a = this.value(column, one), b = this.value(column, other);
      if (a === null || b === null) return (a === null) - (b === null);
      if (a === b) return one - other;
      return (typeof a === "string" ? a.localeCompare(b) : a - b) * sign;
    });
  }

  fill() {
    const places = this.places(), seen = places.slice(0, this.limit);
    byId("picks").tBodies[0].replaceChildren(...seen.map((place) => this.line(place)));
    for (const cell of byId("picks").tHead.rows[0].cells) {
      if (cell.dataset.column !== this.sorted.column) cell.removeAttribute("aria-sort");
      else cell.setAttribute("aria-sort", this.sorted.ascending ? "ascending" : "descending");
    }
    byId("count").textContent = `${seen.length.toLocaleString("en")} of `
      + `${places.length.toLocaleString("en")} shown`;
    byId("more").hidden = seen.length === places.length;
  }

  line(place) {
    const line = element("tr");
    for (const [column] of this.columns) {
      const cell = element("td", shown(this.value(column, place)));
      if (column === "text") cell.className = "text";
      if (column === "row") {
        const button = element("button", cell.textContent, {
          type: "button", title: "show on the map",
        });
        button.addEventListener("click", () => {
          this.map.choose("picked", place);
          byId("map").scrollIntoView({ block: "nearest" });
        });
        cell.replaceChildren(button);
      }
      line.append(cell);
    }
    return line;
  }
}

unpacked().then((data) => {
  window.pointMap = new PointMap(data, data.colours);
  new PickTable(data, window.pointMap);
  document.documentElement.dataset.ready = "yes";
}).catch((problem) => { byId("record").textContent = `this page cannot be shown: ${problem}`; });
