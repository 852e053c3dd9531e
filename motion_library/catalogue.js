// The page: cards to search and filter, and a sheet on each gesture.
const library = JSON.parse(document.getElementById("library").textContent);
const $ = (id) => document.getElementById(id);

/** An element with properties, and children that are elements or plain text. */
function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child != null));
  return element;
}
const spoken = (id) => (id ? id[0].toUpperCase() + id.slice(1) : "").replaceAll("-", " ");
const lower = (name) => name.toLowerCase().replaceAll("_", " ");
const regions = new Intl.DisplayNames(["en"], { type: "region" });
const placeName = (code) => (/^[A-Z]{2}$/.test(code) ? regions.of(code) : code.replaceAll("-", " ")); // a country's code, or an area
const HANDS = { right: "right hand", left: "left hand", both: "both hands", either: "either hand", none: "no hands" };

// Filters: which values a gesture has of each, and how they are called. One whose gestures are all alike is not offered.
const FACETS = [
  { name: "function", of: (g) => [g.function], say: lower, order: library.functions, pills: true },
  { name: "hands", of: (g) => [...new Set(g.clips.map((clip) => clip.hands))], say: (h) => HANDS[h], order: Object.keys(HANDS), pills: true },
  { name: "image schema", of: (g) => [...g.schemas, ...new Set(g.schemas.map((s) => `all of ${family(s)}`))], say: lower, groups: library.families },
  { name: "company", of: (g) => (g.formality ? [g.formality] : []), say: lower },
  { name: "body part", of: (g) => g.articulators ?? g.uses ?? [], say: lower },
  { name: "place where it offends", any: "offends in …", of: (g) => (g.culture ?? []).filter((note) => note.kind === "offends").flatMap((note) => note.where), say: placeName },
  { name: "licence", of: (g) => [...new Set(g.clips.map((clip) => clip.license))], say: (text) => text },
  { name: "source", of: (g) => [...new Set(g.clips.map((clip) => clip.source))], say: (text) => text },
];
const MANY = 60; // values that a list of choices may have; more are for the search box
function family(schema) {
  return Object.keys(library.families).find((name) => library.families[name].includes(schema));
}

// What is searched, with what a word found there is worth. A word matches where a word of the text begins with it.
const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
const shelves = library.gestures.map((gesture) => ({
  gesture, card: null, has: FACETS.map((facet) => new Set(facet.of(gesture))),
  texts: [[4, gesture.id], [3, gesture.meanings.join(" ")], [3, gesture.schemas.join(" ")], [2, gesture.description], [2, gesture.function],
    [1, gesture.fits.join(" ")], [1, gesture.notes]].map(([worth, text]) => [worth, " " + plain(text).replace(/[^\p{L}\p{N}]+/gu, " ")]),
}));
const wanted = { words: [], values: FACETS.map(() => "") };

/** What a gesture is worth for the words that are searched, 0 if it lacks one of them. */
function worth(shelf) {
  let sum = 1;
  for (const word of wanted.words) {
    const found = shelf.texts.reduce((most, [value, text]) => (text.includes(" " + word) ? Math.max(most, value) : most), 0);
    if (!found) return 0;
    sum += found;
  }
  return sum;
}
const passes = (shelf, but = -1) => wanted.values.every((value, i) => i === but || !value || shelf.has[i].has(value));

/** The still of a gesture, in whose place the body moves while `over` is pointed at or focused. */
function preview(gesture, over) {
  const pane = make("span", { className: "window" });
  if (!gesture.leaf) return pane;
  pane.append(make("img", { src: gesture.leaf.still, alt: "", loading: "lazy", decoding: "async", draggable: false }));
  const play = () => player.show(pane, gesture.leaf.script, gesture.shown).catch((error) => console.warn(error.message));
  over.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") play(); });
  over.addEventListener("focus", () => { if (over.matches(":focus-visible")) play(); });
  for (const end of ["pointerleave", "blur"]) over.addEventListener(end, () => player.hide(pane));
  turns(pane, false);
  return pane;
}

function badges(gesture) {
  return make("span", { className: "badges" },
    make("span", { className: `badge function ${gesture.function}` }, lower(gesture.function)),
    ...gesture.schemas.map((schema) => make("span", { className: "badge schema" }, lower(schema))),
    make("span", { className: "badge" }, gesture.hands === "none" ? "head, torso" : gesture.hands === "both" ? "both hands" : "one hand"),
    gesture.formality && gesture.formality !== "any" ? make("span", { className: "badge" }, gesture.formality) : null);
}

function cardOf(gesture) {
  const card = make("button", { className: "card", id: `card-${gesture.id}`, title: gesture.meanings.join(" · ") });
  card.append(preview(gesture, card), make("span", { className: "words" }, make("strong", {}, spoken(gesture.id)), make("p", {}, gesture.description), badges(gesture)));
  card.addEventListener("click", () => { location.hash = `gesture=${encodeURIComponent(gesture.id)}`; });
  return card;
}

let shown = [];
const total = `${library.gestures.length}, in ${library.gestures.reduce((sum, gesture) => sum + gesture.clips.length, 0)} clips`;
function show() {
  const said = shelves.map((shelf) => [worth(shelf), shelf]).filter(([value]) => value);
  shown = said.filter(([, shelf]) => passes(shelf)).sort((a, b) => b[0] - a[0]).map(([, shelf]) => shelf);
  $("grid").replaceChildren(...shown.map((shelf) => (shelf.card ??= cardOf(shelf.gesture))));
  $("none").hidden = shown.length > 0;
  const all = shown.length === shelves.length;
  $("count").replaceChildren(all ? total : `${shown.length} of ${shelves.length}`);
  if (!all) $("count").append(make("button", { onclick: clear }, "show all"));
  recount(said.map(([, shelf]) => shelf));
}

/** Say at every choice how many gestures it would show with everything else as it is. */
function recount(said) {
  FACETS.forEach((facet, i) => {
    const open = said.filter((shelf) => passes(shelf, i));
    for (const choice of facet.choices ?? []) {
      const count = open.filter((shelf) => shelf.has[i].has(choice.value)).length;
      if (facet.pills) {
        choice.lastChild.textContent = count;
        choice.classList.toggle("empty", !count);
        choice.setAttribute("aria-pressed", String(wanted.values[i] === choice.value));
      } else choice.textContent = `${facet.say(choice.value)} (${count})`;
    }
    if (facet.list) {
      facet.list.value = wanted.values[i];
      facet.list.classList.toggle("set", Boolean(wanted.values[i]));
    }
  });
}

function clear() {
  Object.assign(wanted, { words: [], values: FACETS.map(() => "") });
  $("search").value = "";
  show();
}

function controls() {
  FACETS.forEach((facet, i) => {
    const present = new Set(shelves.flatMap((shelf) => [...shelf.has[i]]));
    const values = (facet.order ?? [...present].sort()).filter((value) => present.has(value));
    if (values.length < 2 || (values.length > MANY && !facet.groups)) return;
    $("filters").append(facet.pills ? pills(facet, i, values) : choices(facet, i, values, present));
  });
  $("search").addEventListener("input", () => {
    wanted.words = plain($("search").value).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    show();
  });
  $("all").addEventListener("click", clear);
  $("foot").textContent = `Library ${library.content}`;
}

function pills(facet, i, values) {
  facet.choices = values.map((value) => make("button", { value, onclick: () => { wanted.values[i] = wanted.values[i] === value ? "" : value; show(); } }, facet.say(value), make("i")));
  const group = make("div", { className: "pills", role: "group" }, ...facet.choices);
  group.setAttribute("aria-label", facet.name);
  return group;
}

function choices(facet, i, values, present) {
  facet.choices = [];
  const option = (value) => { facet.choices.push(make("option", { value })); return facet.choices.at(-1); };
  const inside = facet.groups
    ? Object.entries(facet.groups).map(([name, of]) => [name, [`all of ${name}`, ...of].filter((value) => present.has(value))]).filter(([, of]) => of.length)
      .map(([name, of]) => make("optgroup", { label: lower(name) }, ...of.map(option)))
    : values.map(option);
  facet.list = make("select", { onchange: () => { wanted.values[i] = facet.list.value; show(); } }, make("option", { value: "" }, facet.any ?? `any ${facet.name}`), ...inside);
  return make("label", {}, make("span", { className: "unseen" }, facet.name), facet.list);
}

const list = (title, kind, items) => (items.length ? make("section", { className: kind }, make("h3", {}, title), make("ul", {}, ...items.map((item) => make("li", {}, item)))) : null);
const number = (value) => String(Number(value.toFixed(Math.abs(value) < 10 ? 2 : 0)));
const POINTS = ["start", "ready", "stroke start", "stroke", "stroke end", "relax", "end"];
const PHASES = ["preparation", "held before the stroke", "stroke", "stroke", "held after the stroke", "retraction"];

/** The stage of the sheet: the body, a scrubber with the sync points, and from where it is seen. */
function stageOf(gesture) {
  const pane = make("div", { className: "window" }, make("img", { src: gesture.leaf.still, alt: "", draggable: false }));
  const play = make("button", { className: "play", onclick: () => player.play(!player.playing) }, "▶");
  const bar = make("input", { type: "range", min: 0, max: 1, step: 0.001, value: 0, oninput: () => { player.seek(Number(bar.value)); } });
  bar.setAttribute("aria-label", "Time in seconds");
  const [marks, phase] = [make("span"), make("span")];
  const views = [["front", (camera) => -azimuth(camera)], ["slanted", () => 0], ["side", (camera) => Math.PI / 2 - azimuth(camera)], ["back", (camera) => Math.PI - azimuth(camera)]];
  const view = ([name, turn]) => make("button", { onclick: () => { if (player.motion) player.look(turn(player.clip.camera)); } }, name);
  const said = make("output", {}, phase, make("span", { className: "turned" }, ...views.map(view)));
  const notice = make("p", { className: "notice", hidden: true });
  const stage = make("div", { className: "stage" }, pane, notice, make("div", { className: "controls" }, play, make("div", { className: "scrub" }, bar, marks), said));
  const told = ({ time, playing, clip }) => {
    bar.value = time;
    play.textContent = playing ? "❚❚" : "▶";
    play.setAttribute("aria-label", playing ? "Pause (Space)" : "Play (Space)");
    const now = clip.sync.findIndex((point, i) => i > 0 && time < point);
    phase.textContent = `${Math.min(time, player.motion.seconds).toFixed(2)} s · ${now > 0 ? PHASES[now - 1] : "rest"}`;
  };
  turns(pane, true);
  const showClip = async (id) => {
    try {
      const clip = await player.show(pane, gesture.leaf.script, id, told);
      if (!clip) return null;
      const seconds = player.motion.seconds;
      bar.max = seconds;
      marks.replaceChildren(...clip.sync.map((time, i) => {
        const mark = make("i", { title: `${POINTS[i] === "stroke" ? "apex" : POINTS[i]} ${time.toFixed(2)} s`, className: POINTS[i] === "stroke" ? "apex" : "" });
        mark.style.left = `calc(8px + (100% - 16px) * ${seconds ? time / seconds : 0})`; // a thumb's half width in from either end
        return mark;
      }));
      told(player);
      return clip;
    } catch (error) {
      notice.textContent = `The body cannot be shown: ${error.message}. The pictures below are of the same clip.`;
      notice.hidden = false;
      return null;
    }
  };
  return { stage, showClip };
}
const azimuth = ({ eye, target }) => Math.atan2(eye[0] - target[0], eye[2] - target[2]);

function strip(gesture) {
  const picture = make("img", { src: gesture.leaf.strip, alt: `${spoken(gesture.id)}: ${gesture.description}` });
  const captions = gesture.moments.map(({ names, time }) => {
    const to = make("button", { title: "Show this moment", onclick: () => player.seek(time) },
      names.map((name) => (name === "stroke" ? "apex" : name)).join(", "), make("time", {}, `${time.toFixed(2)} s`));
    return make("li", { className: names.includes("stroke") ? "apex" : "" }, to);
  });
  return make("div", { className: "strip" }, picture, make("ol", {}, ...captions));
}

/** Pills for hands and sizes where these name a clip, else a list of the clips. */
function variants(gesture, choose) {
  const all = gesture.clips, home = make("div", { className: "variants" });
  const named = new Set(all.map((clip) => `${clip.hands} ${clip.amplitude}`)).size === all.length;
  let now = all.find((clip) => clip.id === gesture.shown);
  const pick = (clip) => { now = clip; draw(); choose(clip); };
  const group = (key, other, values, say) => {
    const buttons = values.map((value) => {
      const clip = all.find((one) => one[key] === value && one[other] === now[other]) ?? all.find((one) => one[key] === value);
      const button = make("button", { onclick: () => pick(clip) }, say(value));
      button.setAttribute("aria-pressed", String(now[key] === value));
      return button;
    });
    return values.length > 1 ? make("div", { className: "pills", role: "group", ariaLabel: key }, ...buttons) : "";
  };
  function draw() {
    const hands = Object.keys(HANDS).filter((hand) => all.some((clip) => clip.hands === hand));
    const sizes = [...new Set(all.map((clip) => clip.amplitude))].sort((a, b) => a - b);
    const parts = named ? [group("hands", "amplitude", hands, (hand) => HANDS[hand]), group("amplitude", "hands", sizes, (size) => `size × ${size}`)] : [];
    home.replaceChildren(...parts.filter(Boolean), make("code", {}, now.id));
  }
  if (named) draw();
  else {
    const choice = make("select", { ariaLabel: "Clip", onchange: () => choose(all[choice.selectedIndex]) },
      ...all.map((clip) => make("option", { selected: clip === now }, `${clip.id} · ${HANDS[clip.hands]}, ${clip.seconds} s`)));
    home.append(choice);
  }
  return home;
}

function checks(of) {
  const rows = of.flatMap((check) => [
    make("span", { className: check.satisfied ? "holds" : "fails" }, `${check.satisfied ? "✓" : "✗"} ${lower(check.schema)}`),
    make("span", {}, ...check.facts.map((fact) => make("span", { className: fact.satisfied ? "" : "fails", title: `margin ${number(fact.margin)} ${fact.unit}` }, `${fact.name} ${number(fact.value)} `,
      make("em", {}, `${fact.satisfied === fact.value >= fact.bound ? "≥" : "≤"} ${number(fact.bound)} ${fact.unit} (${fact.margin < 0 ? "misses by" : "margin"} ${number(Math.abs(fact.margin))})`)))),
  ]);
  return rows.length ? [make("h3", {}, "Measured on the motion"), make("div", { className: "checks" }, ...rows)] : [];
}

/** Fields of a gesture that have no place of their own on the sheet, whatever a library has. */
function more(gesture) {
  const placed = ["id", "description", "meanings", "fits", "wrong", "notes", "function", "schemas", "hands", "clips", "leaf", "shown", "moments", "culture"];
  const called = { articulators: "moves", formality: "company" };
  const rows = Object.entries(gesture).filter(([name, value]) => !placed.includes(name) && value !== "" && value !== "any" && value?.length !== 0 && value != null)
    .flatMap(([name, value]) => [make("dt", {}, called[name] ?? lower(name)), make("dd", {}, [value].flat().map((one) => (typeof one === "string" ? lower(one) : JSON.stringify(one))).join(", "))]);
  return rows.length ? make("dl", { className: "more" }, ...rows) : null;
}

function culture(gesture) {
  const say = ({ where, kind, text, hand }) => make("p", { className: "notes" },
    make("b", {}, `${kind === "offends" ? "Offends" : "Means something else"}${hand ? ` with the ${hand} hand` : ""} in ${where.map(placeName).join(", ")}`), text);
  return gesture.culture?.length ? make("div", {}, ...gesture.culture.map(say)) : null;
}

function clips(gesture) {
  const head = make("tr", {}, ...["clip", "hands", "size", "seconds", "moves", "licence", "source"].map((name, i) => make("th", { className: i === 2 || i === 3 ? "number" : "" }, name)));
  const rows = gesture.clips.map((clip) => make("tr", {}, make("td", {}, make("code", {}, clip.id)), make("td", {}, clip.hands),
    make("td", { className: "number" }, `× ${clip.amplitude}`), make("td", { className: "number" }, clip.seconds.toFixed(2)),
    make("td", {}, clip.mask.map(lower).join(", ")), make("td", {}, clip.license), make("td", {}, clip.source)));
  return make("details", {}, make("summary", {}, `${gesture.clips.length} clip${gesture.clips.length === 1 ? "" : "s"}`), make("div", { className: "wider" }, make("table", {}, head, ...rows)));
}

function detail(gesture) {
  const button = (label, text, run) => { const made = make("button", { onclick: run, title: label }, text); made.setAttribute("aria-label", label); return made; };
  const of = (clip) => `Licence: ${clip.license} · source: ${clip.source}`;
  const [measured, license] = [make("section"), make("p", { className: "license" })];
  const film = [];
  if (gesture.leaf) {
    const { stage, showClip } = stageOf(gesture);
    const choose = async (clip) => {
      license.textContent = of(clip);
      const played = await showClip(clip.id);
      measured.replaceChildren(...checks(played?.checks ?? loaded.get(gesture.leaf.script)?.clips.find((one) => one.id === clip.id)?.checks ?? []));
    };
    film.push(make("div", { className: "film" }, stage, make("div", {}, strip(gesture), variants(gesture, choose), measured)));
    choose(gesture.clips.find((clip) => clip.id === gesture.shown));
  }
  $("detail").replaceChildren(make("div", { className: "sheet" },
    make("div", { className: "nav" }, button("Gesture before (←)", "‹", () => step(-1)), button("Next gesture (→)", "›", () => step(1)), button("Close (Esc)", "×", () => $("detail").close())),
    make("div", { className: "title" }, make("h2", { id: "name" }, spoken(gesture.id)), make("code", {}, gesture.id)),
    make("p", { className: "lead" }, gesture.description), badges(gesture), ...film,
    make("div", { className: "columns" }, ...[list("Says", "says", gesture.meanings), list("Fits", "fits", gesture.fits), list("Would be wrong", "wrong", gesture.wrong)].filter(Boolean)),
    gesture.notes ? make("p", { className: "notes" }, make("b", {}, "Notes"), gesture.notes) : null,
    culture(gesture), more(gesture), clips(gesture), license));
}

/** The gesture of a deep link, #gesture=ID. */
const linked = () => new URLSearchParams(location.hash.slice(1)).get("gesture");
function step(by) {
  const row = shown.length ? shown : shelves;
  const at = row.findIndex((shelf) => shelf.gesture.id === linked());
  location.hash = `gesture=${encodeURIComponent(row[(at + by + row.length) % row.length].gesture.id)}`;
}

function follow() {
  const gesture = library.gestures.find((one) => one.id === linked());
  if (!gesture) return $("detail").open && $("detail").close();
  player.hide();
  detail(gesture);
  if (!$("detail").open) $("detail").showModal();
  $("detail").scrollTop = 0;
}

$("detail").addEventListener("close", () => { player.hide(); if (location.hash) history.replaceState(null, "", location.pathname + location.search); });
$("detail").addEventListener("click", (event) => { if (event.target === $("detail")) $("detail").close(); });
addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  const on = document.activeElement;
  if ($("detail").open) {
    if (on?.matches("input, select") && event.key !== " ") return;
    if (event.key === "ArrowRight") step(1);
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key === " " && !on?.matches("button, select, summary") && player.motion) { event.preventDefault(); player.play(!player.playing); }
  } else if (event.key === "/" && on !== $("search")) {
    event.preventDefault();
    $("search").focus();
  }
});
controls();
show();
follow();
