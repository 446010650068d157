"use strict";
// Builds the cards from embedded data. Data only ever becomes text nodes and validated attributes, never markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 6;
  const SVG = "http://www.w3.org/2000/svg";
  const SKIN = { porcelain: "#f4d9c8", light: "#ecc4a6", olive: "#cfa078", tan: "#b98555", brown: "#8a5a3a", deep: "#573521" };
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

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
  const colour = (text, fallback) => (/^#[0-9a-f]{6}$/i.test(text) ? text : fallback);

  // ---- media: base64 in script elements, made into object URLs when first seen
  const urls = new Map();
  const mediaUrl = (key) => {
    if (!urls.has(key)) {
      const store = document.getElementById("media-" + key);
      const bytes = Uint8Array.from(atob(store.textContent), (letter) => letter.charCodeAt(0));
      urls.set(key, URL.createObjectURL(new Blob([bytes], { type: store.dataset.kind })));
    }
    return urls.get(key);
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const video = entry.target;
      if (!entry.isIntersecting) { if (!calm) video.pause(); continue; }
      if (!video.hasAttribute("src")) video.src = mediaUrl(video.dataset.key);
      if (!calm && !video.dataset.stopped) video.play().catch(() => {});
    }
  }, { rootMargin: "100px" });
  const film = (video, poster, label) => {
    if (video) {
      const node = element("video", { controls: calm, muted: true, tabindex: 0, loop: true, playsinline: true, preload: "none", "aria-label": label, "data-key": video });
      node.muted = true;
      if (poster) node.poster = mediaUrl(poster);
      // Controls darken the picture, so they wait for a hand or the keyboard.
      for (const kind of ["pointerenter", "focus", "touchstart"]) node.addEventListener(kind, () => { node.controls = true; }, { passive: true });
      node.addEventListener("pointerleave", () => { node.controls = calm || document.activeElement === node; });
      node.addEventListener("click", () => { node.dataset.stopped = node.paused ? "" : "yes"; });
      seen.observe(node);
      return element("div", { class: "film" }, node);
    }
    return poster ? element("div", { class: "film" }, element("img", { src: mediaUrl(poster), alt: label, loading: "lazy" })) : null;
  };

  // ---- the resident's side
  const avatar = (item) => {
    const look = item.look, skin = SKIN[look.skin] || SKIN.olive, hair = colour(look.hair_colour, "#3b2a20"), top = colour(look.top, "#3b82f6");
    const covered = look.hair === "headscarf" || look.hair === "turban";
    const parts = [shape("circle", { cx: 32, cy: 32, r: 32, fill: top, opacity: 0.22 })];
    if (["long", "ponytail", "bob", "headscarf"].includes(look.hair)) parts.push(shape("path", { d: look.hair === "bob" ? "M17 24q0-15 15-15t15 15v14H17z" : "M16 26q0-17 16-17t16 17v24H16z", fill: hair }));
    if (look.hair === "afro") parts.push(shape("circle", { cx: 32, cy: 22, r: 17, fill: hair }));
    if (look.hair === "curly") for (const [x, y] of [[20, 20], [26, 13], [34, 12], [42, 17], [45, 25], [19, 28]]) parts.push(shape("circle", { cx: x, cy: y, r: 7, fill: hair }));
    if (look.hair === "bun") parts.push(shape("circle", { cx: 32, cy: 8, r: 6, fill: hair }));
    parts.push(shape("path", { d: "M8 64q2-20 24-20t24 20z", fill: top }), shape("rect", { x: 27, y: 36, width: 10, height: 12, rx: 4, fill: skin }), shape("ellipse", { cx: 32, cy: 27, rx: 12, ry: 14, fill: skin }));
    if (look.beard) parts.push(shape("path", { d: "M20 28q0 15 12 15t12-15q-3 6-12 6t-12-6z", fill: covered ? "#3b2a20" : hair }));
    if (look.hair === "turban") parts.push(shape("path", { d: "M17 23q1-17 15-17t15 17q-15-8-30 0z", fill: hair }));
    else if (covered) parts.push(shape("path", { d: "M19 28q-1-19 13-19t13 19q0-12-13-12t-13 12zM18 40q14 14 28 0v12H18z", fill: hair }));
    else if (look.hair !== "bald") parts.push(shape("path", { d: "M19 25q-1-15 13-15t13 15q-4-8-13-8t-13 8z", fill: hair }));
    for (const x of [27.5, 36.5]) parts.push(shape("circle", { cx: x, cy: 27, r: 1.4, fill: "#20160f" }));
    if (look.glasses) for (const x of [27.5, 36.5]) parts.push(shape("circle", { cx: x, cy: 27, r: 4, fill: "none", stroke: "#20160f", "stroke-width": 1 }));
    const valence = item.feeling ? item.feeling[0] : 0;
    parts.push(shape("path", { d: `M28 ${34.5 - valence}q4 ${4 * valence} 8 0`, fill: "none", stroke: "#20160f", "stroke-width": 1.3, "stroke-linecap": "round" }));
    return shape("svg", { viewBox: "0 0 64 64", class: "avatar", "aria-hidden": "true" }, ...parts);
  };
  const feeling = (item) => {
    if (!item.emotion) return null;
    const [valence, arousal] = item.feeling;
    const plot = shape("svg", { viewBox: "0 0 44 44", class: "circumplex", role: "img", "aria-label": `valence ${valence}, arousal ${arousal}` },
      shape("rect", { x: 1, y: 1, width: 42, height: 42, rx: 8 }), shape("path", { d: "M22 4v36M4 22h36" }),
      shape("circle", { cx: 22 + 17 * valence, cy: 22 - 17 * arousal, r: 4.5 }));
    const strength = ["", "mild", "marked", "strong"][item.intensity] || "";
    return element("div", { class: "feeling" }, plot, element("div", {}, element("strong", {}, item.emotion), element("span", {}, strength)));
  };
  const needs = (item) => {
    if (!item.needs) return null;
    const names = { cognitive: "to be understood", affective: "to be comforted", proactive: "to be helped" };
    return element("ul", { class: "needs", "aria-label": "Needs" }, Object.entries(names).map(([key, name]) =>
      element("li", {}, element("span", { class: "pips", role: "img", "aria-label": `${item.needs[key]} of 3` }, [1, 2, 3].map((n) => element("i", { class: n <= item.needs[key] ? "full" : "" }))), name)));
  };
  const references = (item) => element("details", { class: "references" }, element("summary", {}, `Reference answers (${item.references.length})`),
    item.references.map((reference, place) => element("div", { class: "reference" },
      element("p", { class: "rank" }, place === 0 ? "best" : place === 1 ? "second" : `number ${place + 1}`),
      element("ul", { class: "chips" }, reference.actions.map(([name, phrase]) => element("li", { class: "chip plain", title: name }, phrase))),
      reference.utterance && element("p", { class: "says" }, `“${reference.utterance}”`),
      reference.rationale && element("p", { class: "why" }, reference.rationale))));
  const scene = (item, place) => element("div", { class: "scene" },
    element("header", { class: "person" }, avatar(item),
      element("div", {}, element("h3", { id: `moment-${place}` }, item.name, item.age === null ? null : element("span", {}, `, ${item.age}`)), element("p", {}, item.profession))),
    film(item.video, item.poster, `${item.name} at home: ${item.script}`),
    element("blockquote", { class: "murmur" }, item.dialogue),
    element("p", { class: "script" }, element("b", {}, "Seen: "), item.script),
    item.profile && element("details", {}, element("summary", {}, "Profile"), element("p", { class: "profile" }, item.profile)),
    element("div", { class: "hidden-box" }, element("p", { class: "tag" }, "hidden from the robot"), element("p", {}, item.situation),
      item.emotion && element("div", { class: "inner" }, feeling(item), needs(item))),
    references(item));

  // ---- an agent's side
  const ICON = { done: "✓", failed: "✗", illegal: "∅" };
  const WORD = { done: "done", failed: "failed", illegal: "illegal" };
  const chip = (entry) => element("li", { class: `chip ${entry.state}`, title: entry.name },
    element("span", { class: "icon", role: "img", "aria-label": WORD[entry.state] }, ICON[entry.state]), entry.phrase, entry.note && element("small", {}, entry.note));
  const verdict = (run) => {
    if (run.error) return element("span", { class: "badge bad" }, "no answer");
    if (run.success === null) return null;
    const met = run.goals.filter(([held]) => held).length;
    return element("span", { class: run.success ? "badge good" : met ? "badge" : "badge bad" }, run.success ? "every goal met" : `${met} of ${run.goals.length} goals`);
  };
  const ROLE = { floor: "blind", ceiling: "saw the references" };
  const answer = (item, agent, run) => {
    const steps = run.chips.filter((entry) => entry.steps.length);
    const goals = run.goals.length ? element("ul", { class: "goals" }, run.goals.map(([held, sentence]) => element("li", { class: held ? "held" : "unheld" }, element("span", { role: "img", "aria-label": held ? "met" : "unmet" }, held ? "✓" : "✗"), sentence))) : null;
    return element("div", { class: `answer ${agent.role}` },
      element("header", {}, element("h4", {}, agent.label, agent.added && " †"), ROLE[agent.role] && element("span", { class: "role" }, ROLE[agent.role]), verdict(run)),
      film(run.video, run.poster, `${agent.label} acting for ${item.name}`),
      run.error && element("p", { class: "error" }, run.error),
      run.chips.length ? element("ol", { class: "chips" }, run.chips.map(chip)) : !run.error && element("p", { class: "silent" }, "does nothing"),
      run.utterance ? element("p", { class: "bubble" }, run.utterance) : !run.error && element("p", { class: "silent" }, "says nothing"),
      goals,
      element("dl", { class: "scores" }, data.metrics.map((metric) => element("div", {}, element("dt", {}, metric.title), element("dd", {}, run.scores[metric.name] === null ? "–" : run.scores[metric.name].toFixed(metric.scale === 1 ? 2 : 0))))),
      (run.understanding || run.planning || run.raw || run.belief.length > 0 || steps.length) ? element("details", {}, element("summary", {}, "More"),
        run.belief.length > 0 && [element("p", { class: "tag" }, "what it believed"), element("dl", { class: "belief" }, run.belief.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text))))],
        run.understanding && [element("p", { class: "tag" }, "what it understood"), element("p", {}, run.understanding)],
        run.planning && [element("p", { class: "tag" }, "what it meant to do"), element("p", {}, run.planning)],
        run.raw && [element("p", { class: "tag" }, "its answer, to the letter"), element("p", { class: "raw" }, run.raw), element("ul", { class: "issues" }, run.issues.map((issue) => element("li", {}, issue)))],
        steps.map((entry) => [element("p", { class: "tag" }, `${entry.phrase}: ${entry.effort[0]} m, ${entry.effort[1]} s`),
          element("ol", { class: "steps" }, entry.steps.map(([ok, line, inserted]) => element("li", { class: ok ? "" : "broken" }, line, inserted && element("i", {}, " as the world demanded"))))])) : null);
  };
  const card = (place, shown) => {
    const item = data.scenarios[place];
    return element("article", { class: "card", "aria-labelledby": `moment-${place}` }, scene(item, place),
      element("div", { class: "answers" }, shown.map((number) => answer(item, data.agents[number], item.runs[number]))));
  };

  // ---- filters
  const form = document.getElementById("filters"), cards = document.getElementById("cards"), count = document.getElementById("count"), more = document.getElementById("more");
  const boxes = [...form.querySelectorAll('input[name="agent"]')];
  const contenders = data.agents.map((agent, number) => number).filter((number) => data.agents[number].role === "agent");
  const last = data.agents.length - 1;
  // Best agents first, and the ceiling to hold them against; without agents, the best blind plan and the ceiling.
  const preset = contenders.length ? contenders.slice(-3).concat(contenders.length < 3 ? [last] : []) : [Math.max(0, data.agents.findLastIndex((agent) => agent.role === "floor")), last];
  boxes.forEach((box, number) => { box.checked = preset.includes(number); });
  const haystacks = [];
  const haystack = (place) => haystacks[place] ??= (() => {
    const item = data.scenarios[place];
    return [item.name, item.profession, item.profile, item.dialogue, item.situation, item.script, item.emotion, item.theme, item.id, ...item.runs.flatMap((run) => [run.utterance, ...run.chips.map((entry) => `${entry.name} ${entry.phrase}`)])].join(" ").toLowerCase();
  })();
  const OUTCOME = {
    met: (runs) => runs.some((run) => run.success),
    unmet: (runs) => !runs.some((run) => run.success),
    split: (runs) => runs.some((run) => run.success) && runs.some((run) => !run.success),
    failed: (runs) => runs.some((run) => run.chips.some((entry) => entry.state === "failed")),
    illegal: (runs) => runs.some((run) => run.chips.some((entry) => entry.state === "illegal")),
    error: (runs) => runs.some((run) => run.error),
  };
  const ease = (place, shown) => {
    const values = shown.map((number) => data.scenarios[place].runs[number].scores.mended_overlap).filter((value) => value !== null);
    return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : -1;
  };
  const filmed = (place) => data.scenarios[place].video || data.scenarios[place].runs.some((run) => run.video) ? 1 : 0;
  let matches = [], shown = [], drawn = 0;
  const draw = () => {
    const part = matches.slice(drawn, drawn + PAGE).map((place) => card(place, shown));
    drawn += part.length;
    cards.append(...part);
    more.hidden = drawn >= matches.length;
    more.textContent = `Show more (${matches.length - drawn} left)`;
  };
  const update = () => {
    const words = form.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const emotion = form.emotion.value, outcome = OUTCOME[form.outcome.value], order = form.order.value;
    shown = boxes.flatMap((box, number) => (box.checked ? [number] : []));
    matches = data.scenarios.map((item, place) => place).filter((place) => {
      const item = data.scenarios[place];
      if (emotion && item.emotion !== emotion) return false;
      if (outcome && !outcome(shown.map((number) => item.runs[number]))) return false;
      return words.every((word) => haystack(place).includes(word));
    });
    if (order === "films") matches.sort((a, b) => filmed(b) - filmed(a) || a - b);
    if (order === "hard" || order === "easy") {
      const value = new Map(matches.map((place) => [place, ease(place, shown)]));
      matches.sort((a, b) => (order === "hard" ? 1 : -1) * (value.get(a) - value.get(b)) || a - b);
    }
    for (const video of cards.querySelectorAll("video")) seen.unobserve(video);
    cards.replaceChildren();
    drawn = 0;
    count.textContent = matches.length === data.scenarios.length ? `${matches.length} moments` : `${matches.length} of ${data.scenarios.length} moments`;
    draw();
  };
  let waiting;
  form.addEventListener("input", (event) => { clearTimeout(waiting); waiting = setTimeout(update, event.target.name === "search" ? 180 : 0); });
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", draw);
  form.hidden = false;
  update();

  // ---- one moment beside the title: a filmed one, the better the best agent did in it
  const best = contenders.length ? contenders[contenders.length - 1] : last;
  const worth = (place) => 2 * filmed(place) + (data.scenarios[place].runs[best].scores.goal_completion || 0) / 100 + (data.scenarios[place].runs[best].utterance ? 0 : -4);
  const glimpsed = data.scenarios.map((item, place) => place).reduce((top, place) => (worth(place) > worth(top) ? place : top), 0);
  const item = data.scenarios[glimpsed], run = item.runs[best];
  if (run.utterance) {
    const glimpse = document.getElementById("glimpse");
    glimpse.append(...[
      film(item.video, item.poster, `${item.name} at home: ${item.script}`),
      element("p", { class: "who-speaks" }, avatar(item), item.name + (item.age === null ? "" : `, ${item.age}`)),
      element("blockquote", { class: "murmur" }, item.dialogue),
      element("p", { class: "who-speaks right" }, `the robot, led by ${data.agents[best].label}`, verdict(run)),
      element("p", { class: "bubble" }, run.utterance),
    ].filter(Boolean));
    glimpse.hidden = false;
  }

  // ---- sorting the table
  const table = document.getElementById("table"), body = table.tBodies[0], original = [...body.rows];
  const heads = [...table.tHead.rows[1].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const next = { none: column ? "descending" : "ascending", descending: column ? "ascending" : "none", ascending: column ? "none" : "descending" }[head.getAttribute("aria-sort")];
    heads.forEach((other) => other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", next);
    const sign = next === "ascending" ? 1 : -1;
    const value = (row) => (column ? (row.cells[column].dataset.sort === "" ? null : Number(row.cells[column].dataset.sort)) : row.cells[0].textContent.trim());
    const rows = next === "none" ? original : [...original].sort((a, b) => {
      const left = value(a), right = value(b);
      if (left === null || right === null) return (left === null) - (right === null); // unscored stays last
      return sign * (column ? left - right : left.localeCompare(right));
    });
    body.append(...rows);
  }));
})();
