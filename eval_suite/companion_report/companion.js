"use strict";
// Plays sessions from embedded data. Data only ever becomes text nodes and validated attributes, never markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const AXIS_COLOURS = ["#5a7bd0", "#c2557f", "#2f9a6d"];
  const element = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
    return node;
  };
  const shape = (tag, attributes, ...children) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  const urls = new Map();
  const mediaUrl = (key) => {
    if (!urls.has(key)) {
      const store = document.getElementById("media-" + key);
      const bytes = Uint8Array.from(atob(store.textContent), (letter) => letter.charCodeAt(0));
      urls.set(key, URL.createObjectURL(new Blob([bytes], { type: store.dataset.kind })));
    }
    return urls.get(key);
  };
  const $ = (id) => document.getElementById(id);
  const picker = $("session"), slider = $("turn"), talk = $("talk"), state = $("state"), film = $("film");
  let session = 0, agent = 0, turn = 0;

  data.sessions.forEach((item, number) => picker.append(element("option", { value: number }, `${item.name}${item.age === null ? "" : `, ${item.age}`}: ${item.dialogue.slice(0, 80)}`)));
  data.agents.forEach((label, number) => $("agents").append(element("label", { class: "toggle" }, element("input", { type: "radio", name: "agent", value: number, checked: number === 0 }), element("span", {}, label))));

  const play = () => data.sessions[session].plays[agent];
  const signed = (value) => (value > 0 ? "+" : "") + value.toFixed(2);
  const OUTCOMES = { success: "the resident has what they needed", collapse: "collapsed: five harmful turns running", stagnation_and_regression: "stuck, and slipping back", most_turns: "out of turns", error: "no usable answers" };

  const person = () => {
    const item = data.sessions[session];
    $("person").replaceChildren(
      element("strong", {}, item.name + (item.age === null ? "" : `, ${item.age}`)),
      element("details", {}, element("summary", {}, "Profile"), element("p", { class: "profile" }, item.profile)),
      element("div", { class: "hidden-box" }, element("span", { class: "tag" }, "what the robot cannot know"), element("span", {}, item.situation), item.feeling && element("span", {}, "Feels ", element("b", {}, item.feeling), ".")));
  };

  const plan = (bodies) => {
    const rooms = data.homes[data.sessions[session].home], svg = $("plan");
    svg.replaceChildren();
    if (!rooms.length) { svg.setAttribute("viewBox", "0 0 1 0.01"); return; }
    const west = Math.min(...rooms.map((room) => room.bounds[0])), south = Math.min(...rooms.map((room) => room.bounds[1]));
    const east = Math.max(...rooms.map((room) => room.bounds[2])), north = Math.max(...rooms.map((room) => room.bounds[3]));
    svg.setAttribute("viewBox", `${west - 0.2} ${-north - 0.2} ${east - west + 0.4} ${north - south + 0.4}`);
    for (const room of rooms) {
      const [x0, y0, x1, y1] = room.bounds;
      svg.append(shape("rect", { x: x0, y: -y1, width: x1 - x0, height: y1 - y0 }));
      svg.append(shape("text", { x: x0 + 0.15, y: -y1 + 0.45 }, room.name));
    }
    for (const [name, [x, y, heading, seated]] of Object.entries(bodies)) {
      const angle = (heading * Math.PI) / 180;
      svg.append(shape("g", { class: name === "robot" ? "robot" : "resident" },
        shape("circle", { class: name === "robot" ? "robot" : "resident", cx: x, cy: -y, r: 0.24, "fill-opacity": seated ? 0.6 : 1 }),
        shape("line", { class: "nose", x1: x, y1: -y, x2: x + 0.45 * Math.cos(angle), y2: -y - 0.45 * Math.sin(angle) }),
        shape("text", { class: "tag-text", x: x > (west + east) / 2 ? x - 0.32 : x + 0.32, y: -y + (name === "robot" ? 0.62 : -0.32), "text-anchor": x > (west + east) / 2 ? "end" : "start" }, name + (seated ? ", sitting" : ""))));
    }
  };

  const show = (kind, key, poster) => {
    film.hidden = !key && !poster;
    film.replaceChildren();
    if (key) { const video = element("video", { muted: true, playsinline: true, loop: true, controls: true, autoplay: true, "aria-label": kind }); video.muted = true; video.src = mediaUrl(key); film.append(video); }
    else if (poster) film.append(element("img", { alt: kind, src: mediaUrl(poster) }));
  };

  const exchange = (entry, number, current) => element("div", { class: number === current ? "now" : "past" },
    element("p", { class: "turn-head" }, `turn ${number}`, element("span", { class: "gain " + (entry.work > 0 ? "up" : entry.work < 0 ? "down" : "") }, entry.unscored ? "unscored" : `dE ${signed(entry.work)}`)),
    entry.error && element("p", { class: "error" }, entry.error),
    entry.acts.length > 0 && element("ol", { class: "chips" }, entry.acts.map(([phrase, ok, why]) => element("li", { class: "chip " + (ok ? "done" : "failed"), title: why || null }, phrase))),
    entry.said ? element("p", { class: "bubble" }, entry.said) : element("p", { class: "stagehand" }, "The robot says nothing."),
    entry.told && element("p", { class: "stagehand" + (entry.refused.length ? " refused" : "") }, entry.told),
    entry.answered ? element("p", { class: "murmur" }, entry.answered) : element("p", { class: "stagehand" }, "Silence."));

  const AXES = { cognitive: "to be understood", affective: "to be comforted", proactive: "to be helped to act" };
  const bars = (place, step) => data.axes.map((name, axis) => {
    const start = play().start[axis] || -1e-9, low = Math.min(1.6 * start, -1);
    const share = (value) => Math.max(0, Math.min(100, (100 * (value - low)) / (4 - low)));
    const now = share(place[axis]), began = share(play().start[axis]), zero = share(0);
    return element("div", { class: "axis-row" },
      element("header", {}, element("span", {}, element("b", {}, name), ` ${AXES[name]}`), element("span", {}, place[axis].toFixed(1), step ? element("span", { class: "gain " + (step[axis] > 0 ? "up" : step[axis] < 0 ? "down" : "") }, ` ${signed(step[axis])}`) : "")),
      element("div", { class: "rail-box" }, element("i", { class: now < began ? "worse" : "filled", style: `left:${Math.min(now, began)}%;width:${Math.max(0.8, Math.abs(now - began))}%` }), element("i", { class: "zero", style: `left:${zero}%` })));
  });

  const spark = () => {
    const points = [play().start, ...play().turns.map((entry) => entry.place)], width = 300, height = 100;
    const all = points.flat(), low = Math.min(...all, -1), high = Math.max(...all, 1);
    const x = (number) => (width * number) / Math.max(1, points.length - 1), y = (value) => height - (height * (value - low)) / (high - low);
    const svg = shape("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": "Deficits over the turns" },
      shape("line", { x1: 0, x2: width, y1: y(0), y2: y(0), stroke: "#7d878c", "stroke-dasharray": "4 3" }),
      shape("line", { x1: x(turn), x2: x(turn), y1: 0, y2: height, stroke: "#7d878c", "stroke-opacity": 0.6 }));
    data.axes.forEach((_, axis) => svg.append(shape("path", { d: points.map((point, number) => `${number ? "L" : "M"}${x(number)} ${y(point[axis])}`).join(""), stroke: AXIS_COLOURS[axis] })));
    return [svg, element("p", { class: "spark-key" }, data.axes.map((name, axis) => element("span", {}, element("i", { style: `background:${AXIS_COLOURS[axis]}` }), name)))];
  };

  const evidence = (entry) => entry.unscored ? element("p", { class: "under" }, `Unscored: ${entry.unscored}`) : entry.evidence.map((pair, axis) => {
    const found = pair.filter(([level]) => level);
    return element("div", {}, element("p", { class: "tag" }, data.axes[axis]), element("ul", { class: "found" },
      found.length ? found.map(([level, reason, quote]) => element("li", { class: level > 0 ? "plus" : "minus" }, element("b", {}, (level > 0 ? "+" : "") + level), " ", reason, quote && [" ", element("q", {}, quote)])) : element("li", {}, "nothing found")));
  });

  const draw = () => {
    const now = play(), entry = turn ? now.turns[turn - 1] : null;
    slider.max = now.turns.length;
    slider.value = turn;
    $("back").disabled = turn === 0;
    $("next").disabled = turn >= now.turns.length;
    $("where").textContent = turn ? `turn ${turn} of ${now.turns.length}` : `opening, ${now.turns.length} turns`;
    talk.replaceChildren(element("p", { class: "murmur" }, data.sessions[session].dialogue), ...now.turns.slice(0, turn).map((item, number) => exchange(item, number + 1, turn)));
    talk.scrollTop = talk.scrollHeight;
    const shown = entry || now.opening;
    show(turn ? `Turn ${turn}` : "The opening", shown.film[0], shown.film[1]);
    plan(shown.bodies);
    const last = turn === now.turns.length && turn > 0;
    state.replaceChildren(
      ...bars(entry ? entry.place : now.start, entry ? entry.step : null),
      ...spark(),
      element("p", { class: "under" }, entry ? `Work of this turn ${signed(entry.work)}, of all so far ${signed(entry.energy)}.` : "Where the resident starts.", last ? ` The end: ${OUTCOMES[now.outcome] || now.outcome}; EPM-Q ${now.epm}.` : ""),
      ...(entry ? [evidence(entry)].flat() : []),
      entry && now.bystander[turn - 1] !== null && now.bystander[turn - 1] !== undefined ? element("p", { class: "under" }, `A bystander would rate this turn ${now.bystander[turn - 1].toFixed(1)} of 7.`) : "",
      last ? element("dl", { class: "scores" }, Object.entries(now.reports).flatMap(([who, items]) => Object.entries(items).map(([item, value]) => element("div", {}, element("dt", {}, `${who}: ${item}`), element("dd", {}, value.toFixed(1)))))) : "");
  };
  const go = (to) => { turn = Math.max(0, Math.min(play().turns.length, to)); draw(); };
  picker.addEventListener("change", () => { session = Number(picker.value); person(); go(0); });
  $("agents").addEventListener("change", (event) => { agent = Number(event.target.value); go(Math.min(turn, play().turns.length)); });
  slider.addEventListener("input", () => go(Number(slider.value)));
  $("back").addEventListener("click", () => go(turn - 1));
  $("next").addEventListener("click", () => go(turn + 1));
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea")) return;
    if (event.key === "ArrowRight") go(turn + 1);
    if (event.key === "ArrowLeft") go(turn - 1);
  });
  if (!data.sessions.length) return;
  const wanted = new URLSearchParams(location.hash.slice(1));
  session = Math.min(data.sessions.length - 1, Number(wanted.get("session")) || 0);
  picker.value = session;
  $("player").hidden = false;
  person();
  go(Number(wanted.get("turn")) || 0);
})();
