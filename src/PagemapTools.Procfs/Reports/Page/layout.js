"use strict";

// Squarified treemaps (Bruls, Huizing, van Wijk 2000): rectangles as large as their sizes, none of them long and thin.

/**
 * Lays out sizes in a rectangle.
 * @param {number[]} sizes in descending order, all above 0
 * @returns {{x: number, y: number, width: number, height: number}[]} a rectangle for each size
 */
function layOutTreemap(sizes, x, y, width, height) {
  const rectangles = [];
  let scale = width * height / sizes.reduce((sum, size) => sum + size, 0);
  for (let first = 0; first < sizes.length;) {
    const side = Math.min(width, height);
    let count = 1;
    let area = sizes[first] * scale;
    let worst = findWorst(sizes[first] * scale, sizes[first] * scale, area, side);
    while (first + count < sizes.length) {
      const wider = area + sizes[first + count] * scale;
      const next = findWorst(sizes[first] * scale, sizes[first + count] * scale, wider, side);
      if (next > worst) {
        break;
      }
      worst = next;
      area = wider;
      count++;
    }
    const depth = area / side;
    let along = 0;
    for (const size of sizes.slice(first, first + count)) {
      const length = size * scale / depth;
      rectangles.push(width >= height
        ? { x, y: y + along, width: depth, height: length }
        : { x: x + along, y, width: length, height: depth });
      along += length;
    }
    if (width >= height) {
      x += depth;
      width -= depth;
    } else {
      y += depth;
      height -= depth;
    }
    first += count;
  }
  return rectangles;
}

/** The ratio of the sides of the worst rectangle in a row. */
function findWorst(largestArea, smallestArea, area, side) {
  return Math.max(side * side * largestArea / (area * area), area * area / (side * side * smallestArea));
}

/** Finds the rectangle that is next in a direction: the nearest of those that lie there. */
function findNeighbour(rectangles, from, key) {
  const centre = ({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 });
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  const start = centre(rectangles[from]);
  let best = from;
  let bestDistance = Infinity;
  rectangles.forEach((rectangle, i) => {
    const { x, y } = centre(rectangle);
    const ahead = (x - start.x) * dx + (y - start.y) * dy;
    const aside = Math.abs((x - start.x) * dy) + Math.abs((y - start.y) * dx);
    if (i !== from && ahead > 1 && ahead + 2 * aside < bestDistance) {
      best = i;
      bestDistance = ahead + 2 * aside;
    }
  });
  return best;
}
