/* Draws the layers of a report. Every text is set as text, never as markup. */
"use strict";
function phananhReport(map, data) {
  const { words, ramp } = data;
  const locale = data.lang === "vi" ? "vi-VN" : "en-GB";
  const number = (n, digits = 0) => n.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const digitsOf = (values) => (values.every((value) => Number.isInteger(value ?? 0)) ? 0 : Math.max(...values) >= 10 ? 1 : 2);
  const byId = (id) => document.getElementById(id);
  const make = (tag, className, ...content) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...content);
    return made;
  };
  const classOf = (value, breaks) => breaks.filter((low) => value >= low).length;
  // With fewer classes the ramp still ends in its darkest colour.
  const colourOf = (index, classes) =>
    ramp[classes === 1 ? 3 : Math.round((index * (ramp.length - 1)) / (classes - 1))];
  const colour = (value, breaks) => colourOf(classOf(value, breaks), breaks.length + 1);
  const filled = (value, breaks) =>
    value ? { fill: true, stroke: true, fillColor: colour(value, breaks) } : { fill: false, stroke: false };
  const hover = matchMedia("(hover: hover)").matches;
  /** Opens on a click or a tap; where there is a pointer, also while it is above. */
  const tell = (group, story) => {
    group.bindPopup(story, { maxWidth: 260 });
    if (hover) group.bindTooltip(story, { sticky: true });
    return group;
  };

  // The ground: the areas as white land, below everything.
  for (const [name, z] of [["land", 250], ["borders", 420], ["names", 430]]) {
    map.createPane(name).style.zIndex = z;
    map.getPane(name).style.pointerEvents = "none";
  }
  const features = data.areas.shapes.map((geometry, i) => ({ type: "Feature", properties: { i }, geometry }));
  const shapes = (options) => L.geoJSON(features, options);
  shapes({ interactive: false, renderer: L.canvas({ pane: "land" }), pane: "land", style: { stroke: false, fillColor: "#fff", fillOpacity: 1 } }).addTo(map);
  // What the filter is limited to, above everything.
  const limit = { interactive: false, renderer: L.canvas({ pane: "borders" }), pane: "borders", fill: false, color: "#1d4ed8", weight: 3 };
  for (const geometry of data.chosen) L.geoJSON(geometry, { ...limit, style: limit }).addTo(map);
  if (data.box) L.rectangle(data.box, { ...limit, dashArray: "8 6" }).addTo(map);
  L.control.scale({ imperial: false, maxWidth: 80, position: "bottomright" }).addTo(map);
  L.control.zoom({ zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out, position: "topleft" }).addTo(map);
  map.attributionControl.setPrefix("Leaflet");
  // The player and the phone's own bars take room from the map and give it back.
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());

  // The legend of the theme on show.
  const box = make("details", "legend");
  box.open = true;
  const legend = L.control({ position: "bottomleft" });
  legend.onAdd = () => {
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  legend.addTo(map);
  const swatch = (fill, text, n) => {
    const sample = make("i");
    sample.style.background = fill;
    return make("li", "", sample, text, ...(n === undefined ? [] : [make("small", "", `(${number(n)})`)]));
  };
  /** Classes with their bounds, and in brackets how many cells or areas each has. */
  const explain = (title, values, breaks, whole, ...notes) => {
    const shown = values.filter((value) => value);
    const digits = whole ? 0 : digitsOf(values);
    const list = make("ul");
    if (shown.length) {
      const bounds = [shown.reduce((a, b) => Math.min(a, b)), ...breaks];
      const most = shown.reduce((a, b) => Math.max(a, b));
      bounds.forEach((low, i) => {
        const next = bounds[i + 1];
        const high = next === undefined ? most : whole ? next - 1 : next;
        const text = low === high ? number(low, digits) : `${number(low, digits)} – ${whole || next === undefined ? "" : "<"}${number(high, digits)}`;
        const n = shown.filter((value) => classOf(value, breaks) === i).length;
        list.append(swatch(colourOf(i, bounds.length), text, n));
      });
    } else list.append(make("li", "", words.none));
    const zeros = values.filter((value) => value === 0).length;
    if (zeros) list.append(swatch("#fff", "0", zeros));
    const unknown = values.filter((value) => value === null).length;
    if (unknown) list.append(swatch("repeating-linear-gradient(45deg,#94a3b8 0 2px,#fff 2px 5px)", words.unknown, unknown));
    box.replaceChildren(make("summary", "", title), list, ...notes.filter((note) => note).map((note, i) => make("p", i ? "" : "brackets", note)));
  };

  // Hexagons: corner to corner in 1e-5 degrees.
  const ringsOf = (outlines) => outlines.map((steps) => {
    const ring = [];
    for (let i = 0, lon = 0, lat = 0; i < steps.length; i += 2) {
      lon += steps[i];
      lat += steps[i + 1];
      ring.push([lat / 1e5, lon / 1e5]);
    }
    return ring;
  });
  const rings = ringsOf(data.cells.outlines);
  const edge = { color: "#3c1e00", opacity: 0.25, weight: 0.6, fillOpacity: 0.82 };
  const cellLayer = (values, breaks, where) =>
    tell(L.featureGroup(rings.map((ring, i) => Object.assign(L.polygon(ring, { ...edge, ...filled(values()[i], breaks) }), { cell: i }))), (cell) =>
      make("div", "story", make("strong", "", number(values()[cell.cell])), ` ${words.in_cell}`, make("p", "", where())));

  const hexagons = () => {
    const { n, breaks } = data.cells;
    const layer = cellLayer(() => n, breaks, () => words.whole);
    return layer.on("add", () => explain(words.per_cell, n, breaks, true, words.of_cells));
  };

  const months = () => {
    const { keys, cells, n, breaks } = data.steps;
    const title = words.per_step.replace("{step}", words[data.step]);
    const totals = n.map((counts) => counts.reduce((a, b) => a + b, 0));
    const all = n.flat();
    const positions = cells.map((steps) => {
      let at = 0;
      return steps.map((step) => (at += step));
    });
    let now = 0, timer = 0, values = [], drawn = false;
    const read = () => {
      values = new Array(rings.length).fill(0);
      positions[now].forEach((cell, i) => { values[cell] = n[now][i]; });
    };
    read();
    const layer = cellLayer(() => values, breaks, () => keys[now]);
    const range = byId("step"), play = byId("play"), output = byId("shown"), bars = byId("bars");
    range.max = keys.length - 1;
    const highest = Math.max(...totals, 1);
    bars.append(...totals.map((total) => {
      const bar = make("i");
      bar.style.height = `${Math.max((100 * total) / highest, total ? 3 : 0)}%`;
      return bar;
    }));
    const show = (index) => {
      now = index;
      read();
      range.value = now;
      const text = `${keys[now]} · ${number(totals[now])} ${words.complaints}`;
      output.value = text;
      range.setAttribute("aria-valuetext", text);
      [...bars.children].forEach((bar, i) => bar.classList.toggle("on", i === now));
      layer.eachLayer((cell) => cell.setStyle(filled(values[cell.cell], breaks)));
    };
    const stop = () => {
      clearInterval(timer);
      timer = 0;
      play.textContent = words.play;
    };
    const start = () => {
      play.textContent = words.pause;
      if (now === keys.length - 1) show(0);
      timer = setInterval(() => {
        if (now === keys.length - 1) stop();
        else show(now + 1);
      }, 900);
    };
    play.addEventListener("click", () => (timer ? stop() : start()));
    range.addEventListener("input", () => { stop(); show(Number(range.value)); });
    layer.on("add", () => {
      byId("player").hidden = false;
      show(drawn ? now : keys.length - 1);
      drawn = true;
      explain(title, all, breaks, true, words.of_cells);
    });
    return layer.on("remove", () => {
      stop();
      byId("player").hidden = true;
    });
  };

  const heat = () => {
    const { n } = data.cells;
    const sorted = [...n].sort((a, b) => a - b);
    const points = rings.map((ring, i) => [
      ring.reduce((sum, corner) => sum + corner[0], 0) / ring.length,
      ring.reduce((sum, corner) => sum + corner[1], 0) / ring.length, n[i]]);
    const gradient = Object.fromEntries(ramp.map((shade, i) => [(i + 1) / ramp.length, shade]));
    const top = 1.6 * (sorted[Math.floor(sorted.length * 0.92)] || 1);
    const layer = L.heatLayer(points, { minOpacity: 0.06, gradient });
    // A spot reaches a little beyond its neighbours. The plugin halves what each adds at every
    // zoom below the map's deepest, twelve times at most; `max` takes that back.
    const fit = () => {
      const radius = !rings.length ? 12 : Math.min(90, Math.max(7, map.latLngToLayerPoint(rings[0][0]).distanceTo(map.latLngToLayerPoint(rings[0][3])) * 0.95));
      const halved = 2 ** Math.max(0, Math.min(map.getMaxZoom() - map.getZoom(), 12));
      layer.setOptions({ radius: radius * 0.7, blur: radius * 0.7, max: top / halved });
    };
    return layer.on("add", () => {
      fit();
      map.on("zoomend", fit);
      const scale = make("div", "scale");
      scale.style.background = `linear-gradient(to right, ${ramp.join(",")})`;
      box.replaceChildren(make("summary", "", words.heat), scale, make("div", "ends", make("span", "", words.few), make("span", "", words.many)), make("p", "", words.heat_note));
    }).on("remove", () => map.off("zoomend", fit));
  };

  const areas = (measure) => {
    const { values, breaks } = data.areas.measures[measure];
    const { measures, names } = data.areas;
    const layer = shapes({
      style: ({ properties: { i } }) => ({ ...edge, stroke: true, fill: true,
        fillColor: values[i] === null ? "#94a3b8" : colour(values[i], breaks),
        // What has none is land, but still tells its name.
        fillOpacity: values[i] === null ? 0.5 : values[i] ? 0.82 : 0 }),
    });
    tell(layer, ({ feature: { properties: { i } } }) =>
      make("div", "story", make("strong", "", names[i]), ...Object.entries(measures).map(([key, one]) =>
        make("p", "", `${words[key]}: ${one.values[i] === null ? words.unknown : number(one.values[i], digitsOf(one.values))}`))));
    const note = data.areas.outside ? `${words.outside}: ${number(data.areas.outside)}` : "";
    return layer.on("add", () => explain(words[measure], values, breaks, measure === "n", words.of_areas, note));
  };

  /** What a statistic says of cells: hot and cold, or trends. Lines and signs say it without colours. */
  const studied = (kind) => {
    const { outlines, n, z, marks, classes, few, notes, spots } = data.studied[kind];
    const of = data.studied[kind].class;
    const side = (code) => (code.includes("cold") ? "cold" : code.includes("hot") ? "hot" : "");
    const weight = (code) => ({ 99: 2.4, 95: 1.5 })[code.slice(-2)] ?? 0.8;
    const shapesOf = ringsOf(outlines);
    const cells = L.featureGroup(shapesOf.map((ring, i) => {
      const { code, colour: fillColor } = marks[of[i]];
      const line = kind === "hotspots" ? { color: side(code) === "cold" ? "#0c2d57" : "#450a0a", weight: weight(code), dashArray: side(code) === "cold" ? "4 3" : null, opacity: 0.9 } : { color: "#475569", weight: 0.6, opacity: 0.5 };
      return Object.assign(L.polygon(ring, { fill: true, fillOpacity: 0.85, fillColor, ...line }), { cell: i });
    }));
    tell(cells, ({ cell: i }) => make("div", "story", make("strong", "", marks[of[i]].name),
      make("p", "", `${number(n[i])} ${words.in_cell}`), make("p", "", kind === "hotspots" ? `${words.around}: z = ${number(z[i], 2)}` : `z = ${number(z[i], 2)}`)));
    const signs = L.layerGroup();
    const placeSigns = () => {
      signs.clearLayers();
      if (kind !== "trends" || !shapesOf.length) return;
      const bounds = map.getBounds(), first = shapesOf[0];
      if (map.latLngToLayerPoint(first[0]).distanceTo(map.latLngToLayerPoint(first[3])) < 13) return;
      shapesOf.forEach((ring, i) => {
        const at = [(ring[0][0] + ring[3][0]) / 2, (ring[0][1] + ring[3][1]) / 2];
        if (!bounds.contains(at)) return;
        const icon = L.divIcon({ html: make("div", "sign", marks[of[i]].sign), className: "", iconSize: [16, 16] });
        signs.addLayer(L.marker(at, { icon, interactive: false, keyboard: false, pane: "names" }));
      });
    };
    const ranks = spots.slice(0, 10).reverse().map((spot) => L.marker(spot.at, {
      icon: L.divIcon({ html: make("div", "rank", String(spot.rank)), className: "", iconSize: [20, 20] }), title: `${spot.rank}. ${spot.name}`,
    }).bindPopup(() => spotStory(spot)));
    const layer = L.featureGroup([cells, signs, ...ranks]);
    return layer.on("add", () => {
      placeSigns();
      map.on("moveend resize", placeSigns);
      const list = make("ul");
      for (const [code, count] of Object.entries(classes)) {
        const mark = marks.find((one) => one.code === code);
        const line = swatch(mark.colour, mark.name, count);
        line.firstChild.className = kind === "hotspots" ? side(code) : "";
        line.firstChild.textContent = mark.sign;
        list.append(line);
      }
      box.replaceChildren(make("summary", "", words[kind]), list, ...(few ? [make("p", "", few)] : []), ...[words.of_cells, ...notes].map((note) => make("p", "brackets", note)));
    }).on("remove", () => map.off("moveend resize", placeSigns));
  };
  const spotStory = (spot) => make("div", "story", make("strong", "", `${spot.rank}. ${spot.name}`),
    make("p", "", `${number(spot.n)} ${words.complaints} · ${number(spot.km2, spot.km2 < 10 ? 1 : 0)} km²`), make("p", "", `${spot.class} · ${words.strength} ${number(spot.z, 1)}`));
  /** The hot spots, the strongest first; each can be shown on the map. */
  const fillSpots = () => {
    byId("spots").querySelector("ol").replaceChildren(...data.studied.hotspots.spots.map((spot) => {
      const button = make("button", "", make("strong", "", `${spot.rank}. ${spot.name}`),
        make("small", "", `${number(spot.n)} ${words.complaints} · ${number(spot.km2, spot.km2 < 10 ? 1 : 0)} km² · ${spot.class} · ${words.strength} ${number(spot.z, 1)}`));
      button.type = "button";
      button.addEventListener("click", () => {
        byId("spots").close();
        const input = [...document.querySelectorAll(".leaflet-control-layers-base label")].find((one) => one.textContent.trim() === words.hotspots)?.querySelector("input");
        if (input && !input.checked) input.click();
        map.setView(spot.at, 13, { animate: false });
      });
      return make("li", "", button);
    }));
  };

  const pins = () => {
    const { kinds, rows } = data.pins;
    const round = (className, size, fill, text) => {
      const dot = make("div", className, text);
      if (fill) dot.style.background = fill;
      dot.style.width = dot.style.height = `${size}px`;
      return L.divIcon({ html: dot, className: "", iconSize: [size, size] });
    };
    const group = L.markerClusterGroup({
      maxClusterRadius: 44, showCoverageOnHover: false,
      iconCreateFunction: (cluster) => round("group", 26 + 8 * Math.log10(cluster.getChildCount()), "", String(cluster.getChildCount())),
    });
    group.addLayers(rows.map(([code, lat, lon, kind, status, day]) => {
      const [name, fill] = kinds[kind];
      return L.marker([lat, lon], { icon: round("pin", 16, fill, ""), title: `${name}, ${day}` })
        .bindPopup(() => make("div", "story", make("strong", "", name), make("p", "", `${status} · ${day}`), make("p", "", code)));
    }));
    return group;
  };

  const borders = () => shapes({ interactive: false, renderer: L.canvas({ pane: "borders" }), pane: "borders", style: { fill: false, color: "#475569", weight: 1 } });

  /** Names where they have room; the areas with the most complaints first. */
  const names = () => {
    const group = L.layerGroup();
    const { labels, at, measures } = data.areas;
    const order = labels.map((_, i) => i).sort((a, b) => measures.n.values[b] - measures.n.values[a]);
    const place = () => {
      group.clearLayers();
      const taken = [], size = map.getSize();
      for (const i of order) {
        const { x, y } = map.latLngToContainerPoint(at[i]);
        if (x < 0 || y < 0 || x > size.x || y > size.y) continue;
        const half = labels[i].length * 3.4 + 6;
        if (taken.some((one) => Math.abs(one.x - x) < one.half + half && Math.abs(one.y - y) < 18)) continue;
        taken.push({ x, y, half });
        const icon = L.divIcon({ html: make("span", "", labels[i]), className: "area-name", iconSize: [0, 0] });
        group.addLayer(L.marker(at[i], { icon, interactive: false, keyboard: false, pane: "names" }));
      }
    };
    return group.on("add", () => { place(); map.on("moveend resize", place); }).on("remove", () => map.off("moveend resize", place));
  };

  // The table of the areas, and what is said about the report.
  const fillTable = () => {
    const { measures, names: called, population, outside } = data.areas;
    const keys = Object.keys(measures), known = population.some((one) => one !== null);
    const value = (one, digits) => make("td", "", one === null ? "" : number(one, digits));
    const heading = (text) => Object.assign(make("th", "", text), { scope: "col" });
    const label = (text) => Object.assign(make("th", "", text), { scope: "row" });
    const rows = called.map((_, i) => i).sort((a, b) => measures.n.values[b] - measures.n.values[a]);
    const digits = Object.fromEntries(keys.map((key) => [key, digitsOf(measures[key].values)]));
    const blank = keys.length - 1 + (known ? 1 : 0);
    const foot = (text, n) => make("tr", "", label(text), value(n), ...Array.from({ length: blank }, () => make("td")));
    byId("table").querySelector(".scroll").replaceChildren(make("table", "",
      make("thead", "", make("tr", "", heading(words.name), ...keys.map((key) => heading(words[key])), ...(known ? [heading(words.population)] : []))),
      make("tbody", "", ...rows.map((i) => make("tr", "", label(called[i]), ...keys.map((key) => value(measures[key].values[i], digits[key])), ...(known ? [value(population[i])] : [])))),
      make("tfoot", "", foot(words.outside, outside), foot(words.total, data.total))));
  };
  // No <form method="dialog">: where the page is sandboxed, forms do nothing.
  for (const close of document.querySelectorAll("dialog .close")) close.addEventListener("click", () => close.closest("dialog").close());
  byId("show-about").addEventListener("click", () => byId("about").showModal());
  byId("show-table")?.addEventListener("click", () => {
    if (!byId("table").querySelector("table")) fillTable();
    byId("table").showModal();
  });
  byId("show-spots")?.addEventListener("click", () => {
    if (!byId("spots").querySelector("li")) fillSpots();
    byId("spots").showModal();
  });
  addEventListener("load", () => {
    const toggle = document.querySelector(".leaflet-control-layers-toggle");
    toggle.title = words.layers;
    toggle.setAttribute("aria-label", words.layers);
    document.querySelector(".leaflet-control-layers-list").setAttribute("aria-label", words.layers);
  });
  return { hexagons, months, heat, areas, studied, pins, borders, names };
}
