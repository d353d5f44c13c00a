"use strict";
// The preview without a full reload. A link, a field or a saved file asks for the page anew, and those of its
// parts (data-part) that came out otherwise are exchanged. Frames are loaded where they stand, and keep their
// place. Without this file the same links and forms do it.
(() => {
  const byId = (id) => document.getElementById(id);
  const isField = (element) => element.matches("input:not([type=checkbox]), select, textarea");

  // The parts of the page

  const came = new Map(); // each part as it came from the server
  const loaded = new Map(); // what each frame shows
  const places = new Map(); // how far each frame is scrolled, also while there is none

  function keepPlaces() {
    for (const frame of document.querySelectorAll("iframe")) {
      try {
        const view = frame.contentWindow;
        if (view.location.href !== "about:blank") places.set(frame.id, [view.scrollX, view.scrollY]);
      } catch { /* the browser's own page, where a mail could not be had */ }
    }
  }

  function settle(frame) {
    try {
      if (frame.contentWindow.location.href === "about:blank") return;
      if (places.has(frame.id)) frame.contentWindow.scrollTo(...places.get(frame.id));
      frame.contentDocument.addEventListener("keydown", onKey);
    } catch { /* as above */ }
  }

  function takeUp(root) {
    for (const frame of root.querySelectorAll("iframe")) {
      if (!frame.closest("[hidden]")) loaded.set(frame.id, frame.getAttribute("src"));
      frame.addEventListener("load", () => settle(frame));
      settle(frame); // which may have come before this script
    }
    const mend = byId("mend");
    if (mend) mend.textContent = "Mend it and save: this page follows.";
  }

  function exchangeFrames(old, fresh, anew) {
    for (const figure of fresh.querySelectorAll("figure")) {
      const frame = byId(figure.id).querySelector("iframe"), source = figure.querySelector("iframe").getAttribute("src");
      byId(figure.id).hidden = figure.hidden;
      if (anew) loaded.delete(frame.id);
      if (figure.hidden || loaded.get(frame.id) === source) continue;
      loaded.set(frame.id, source);
      frame.loading = "eager";
      frame.contentWindow.location.replace(source);
    }
  }

  function exchange(old, fresh, anew) {
    if (old.querySelector("iframe") && fresh.querySelector("iframe")) return exchangeFrames(old, fresh, anew);
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    if (active && isField(active)) return;
    const html = fresh.outerHTML;
    if ((came.get(old.id) ?? old.outerHTML) === html) return;
    came.set(old.id, html);
    old.replaceWith(document.adoptNode(fresh));
    takeUp(byId(old.id));
    if (active && byId(active.id)) byId(active.id).focus({ preventScroll: true });
  }

  // Asking for the page

  const LATER = ["part-checks", "part-told"]; // what has an answer of its own
  let version = document.body.dataset.version;
  let asked = 0; // only the answer to the latest question counts

  async function ask(url, how) {
    const response = await fetch(url, how);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!page.body.dataset.version) throw new Error(page.body.textContent.trim());
    return page;
  }

  async function show(url, { anew = false, remember = true } = {}) {
    const mine = ++asked;
    let page;
    try {
      page = await ask(url);
    } catch {
      return say("The preview doesn’t answer.");
    }
    if (mine !== asked) return;
    const parts = [...page.querySelectorAll("[data-part]")];
    if (parts.some((part) => !byId(part.id))) return location.reload(); // this page was made without its form
    if (remember) history.pushState(null, "", url);
    version = page.body.dataset.version;
    document.title = page.title;
    keepPlaces();
    for (const part of parts) {
      if (!LATER.includes(part.id) || !part.firstElementChild) exchange(byId(part.id), part, anew);
    }
    const form = page.getElementById("test");
    if (form) byId("test").setAttribute("action", form.getAttribute("action"));
    say(byId("part-mistake").firstElementChild ? "" : anew ? "Changed, and shown anew." : "Shown.");
    await check(url, mine);
  }

  async function check(url, mine) {
    const panel = byId("part-checks");
    if (byId("part-mistake").firstElementChild) return;
    const checked = new URL(url, location.href);
    checked.searchParams.set("checks", "on");
    panel.setAttribute("aria-busy", "true");
    try {
      const page = await ask(checked);
      if (mine === asked) exchange(byId("part-checks"), page.getElementById("part-checks"), false);
    } catch { /* the next save or choice asks again */ }
    byId("part-checks").removeAttribute("aria-busy");
  }

  function say(text) {
    byId("told").textContent = text;
  }

  // What the editor does

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.target || link.hasAttribute("download") || link.pathname !== "/" || link.hash) return;
    event.preventDefault();
    show(link.href);
  });

  addEventListener("popstate", () => show(location.href, { remember: false }));

  function choose() {
    const chosen = [...new FormData(byId("choice"))].filter(([, value]) => value);
    show("/?" + new URLSearchParams(chosen));
  }

  const choice = byId("choice");
  if (choice) {
    choice.addEventListener("change", choose);
    choice.addEventListener("submit", (event) => {
      event.preventDefault();
      choose();
    });
    choice.addEventListener("input", (event) => {
      const offered = [...byId("addresses").options].map((option) => option.value);
      if (event.target.id === "subscriber" && offered.includes(event.target.value)) choose();
    });
  }

  const test = byId("test");
  if (test) {
    test.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = test.querySelector("button");
      if (button.disabled) return;
      button.disabled = true;
      byId("part-told").textContent = "Sending …";
      came.delete("part-told");
      try {
        const page = await ask(test.action, { method: "POST", body: new URLSearchParams(new FormData(test)) });
        exchange(byId("part-told"), page.getElementById("part-told"), false);
      } catch (error) {
        byId("part-told").textContent = error.message;
      }
      button.disabled = false;
    });
  }

  // Keys

  const keys = byId("keys"), keysOff = byId("keys-off");

  function act(key) {
    if (key === "?") return keys.showModal();
    if (key === "r") return show(location.href, { anew: true, remember: false });
    if (key === "m") return byId("message").focus();
    const found = [...document.querySelectorAll("[aria-keyshortcuts]")];
    const theirs = found.filter((one) => one.getAttribute("aria-keyshortcuts") === key);
    const target = theirs.find((one) => !one.hasAttribute("aria-current"));
    if (target && isField(target)) {
      target.focus();
      target.select();
    } else if (target) {
      target.click();
    }
    return Boolean(theirs.length);
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || keysOff.checked || keys.open) return;
    if (isField(event.target) || event.isComposing) return;
    if (act(event.key) !== false) event.preventDefault();
  }

  document.addEventListener("keydown", onKey);

  const help = byId("help");
  help.hidden = false;
  help.addEventListener("click", () => keys.showModal());
  try {
    keysOff.checked = localStorage.getItem("keys") === "off";
    keysOff.addEventListener("change", () => localStorage.setItem("keys", keysOff.checked ? "off" : "on"));
  } catch { /* a browser that keeps nothing */ }

  // Files that were saved. One page of all holds the stream and tells the others, for a browser has only six
  // connections to a host; when it is closed the next one takes over.

  const live = byId("live");
  const channel = new BroadcastChannel("preview");
  let news = null; // what the stream said last

  function hear(told) {
    news = told;
    live.hidden = false;
    live.className = news.connected ? "on" : "off";
    live.textContent = news.connected ? "Live" : "Not connected";
    catchUp();
  }

  function catchUp() {
    if (document.hidden || !news || !news.version || news.version === version) return;
    show(location.href, { anew: true, remember: false });
  }

  function tellAll(told) {
    hear(told);
    channel.postMessage(told);
  }

  function connect() {
    const stream = new EventSource("/events");
    stream.onmessage = (event) => tellAll({ connected: true, version: event.data });
    stream.onerror = () => {
      tellAll({ connected: false });
      if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
    };
  }

  channel.onmessage = ({ data }) => {
    if (data !== "?") hear(data);
    else if (news) channel.postMessage(news);
  };
  channel.postMessage("?");
  navigator.locks.request("stream", () => new Promise(connect)); // never let go while this page is there

  document.documentElement.classList.add("script");
  document.addEventListener("visibilitychange", catchUp);
  takeUp(document);
  check(location.href, asked);
})();
