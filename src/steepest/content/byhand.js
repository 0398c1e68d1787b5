// Shows how the cell under the pointer or the keyboard came about. The page holds all numbers; nothing is fetched.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const body = document.querySelector(".grid tbody");
const panel = document.querySelector(".how");

const cellAt = (row, column) => body.rows[row].cells[column + 1];
const number = (value, digits) => {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-4 || size >= 10 ** digits)
    ? value.toExponential(digits - 1).replace(/\.?0+e/, "e")
    : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "−");
};
const bracketed = (value) => (value < 0 ? `(${number(value, 6)})` : number(value, 6));
const inSymbols = (pieces) =>
  pieces.map((each) => (typeof each === "number" ? data.columns[each].label : each)).join("");
const inNumbers = (pieces, row) =>
  pieces.map((each) => (typeof each === "number" ? bracketed(data.rows[row][each]) : each)).join("");

function explanation(row, column) {
  const { label, chain, pieces, whole, before } = data.columns[column];
  const value = data.rows[row][column];
  const lines = [];
  if (pieces) {
    if (chain) lines.push(["chain", chain]);
    lines.push(["in symbols", inSymbols(pieces)], ["in numbers", inNumbers(pieces, row)]);
    if (whole) lines.push(["written out", inSymbols(whole)], ["", inNumbers(whole, row)]);
    const machine = data.machine[column][row];
    const apart = Math.abs(value - machine);
    lines.push(["autograd", `${machine} (difference ${apart === 0 ? "0" : apart.toExponential(1)})`]);
  } else if (before !== undefined && row > 0) {
    lines.push(["from", `${data.columns[before].label} of step ${row}`]);
  } else {
    lines.push(["given", "a number that you chose"]);
  }
  return { title: `step ${row + 1}: ${label} = ${number(value, 12)}`, lines };
}

function show(row, column) {
  const { title, lines } = explanation(row, column);
  const box = document.createElement("div");
  const head = document.createElement("b");
  head.textContent = title;
  box.append(head);
  for (const [name, text] of lines) {
    const key = document.createElement("span");
    const said = document.createElement("div");
    key.textContent = name;
    said.textContent = text;
    box.append(key, said);
  }
  panel.replaceChildren(box);
  panel.hidden = false;
  mark(row, column);
}

function mark(row, column) {
  for (const each of body.querySelectorAll(".chosen, .source")) each.classList.remove("chosen", "source");
  cellAt(row, column).classList.add("chosen");
  const { pieces = [], before } = data.columns[column];
  for (const each of pieces) if (typeof each === "number") cellAt(row, each).classList.add("source");
  if (before !== undefined && row > 0) cellAt(row - 1, before).classList.add("source");
}

const placeOf = (target) => {
  const cell = target.closest("td");
  return cell && [cell.parentNode.rowIndex - 2, cell.cellIndex - 1];
};

function choose(row, column) {
  body.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
  const cell = cellAt(row, column);
  cell.tabIndex = 0;
  cell.focus();
}

const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
// A table that scrolls under a pointer at rest also says "mouseover": that must not take over from the keyboard.
let pointer = "";
body.addEventListener("mouseover", (event) => {
  const where = `${event.clientX},${event.clientY}`;
  if (where === pointer) return;
  pointer = where;
  const place = placeOf(event.target);
  if (place) show(...place);
});
body.addEventListener("focusin", (event) => show(...placeOf(event.target)));
body.addEventListener("click", (event) => {
  const place = placeOf(event.target);
  if (place) choose(...place);
});
body.addEventListener("keydown", (event) => {
  if (event.key === "Escape") panel.hidden = true;
  const place = placeOf(event.target);
  if (!place) return;
  let [row, column] = place;
  if (event.key === "Home") column = 0;
  else if (event.key === "End") column = data.columns.length - 1;
  else if (moves[event.key]) [row, column] = [row + moves[event.key][0], column + moves[event.key][1]];
  else return;
  event.preventDefault();
  if (row >= 0 && row < data.rows.length && column >= 0 && column < data.columns.length) choose(row, column);
});
cellAt(0, 0).tabIndex = 0;
