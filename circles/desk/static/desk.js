// The desk's own script: what makes its pages quicker to use. Every page works without it, but for the maps.
"use strict";

const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** The desk ends some time after its last page is closed; this open line shows that there is one. */
async function stay() {
  for (;;) {
    try {
      const answer = await fetch("/alive", { cache: "no-store" });
      if (!answer.ok) return;
      const reader = answer.body.getReader();
      while (!(await reader.read()).done);
    } catch {
      /* the desk is gone, or the line broke: try again */
    }
    await new Promise((done) => setTimeout(done, 2000));
  }
}

/** Watch a command at work, and go to its result when it is done. */
function watchJob() {
  const box = document.querySelector("[data-job]");
  if (!box) return;
  const number = box.dataset.job;
  const look = async () => {
    try {
      const answer = await fetch(`/jobs/${number}/state`, { cache: "no-store" });
      const job = await answer.json();
      box.querySelector(".seconds").textContent = Math.round(job.seconds);
      const list = box.querySelector(".stages");
      list.replaceChildren(
        ...job.stages.map((stage) => {
          const item = document.createElement("li");
          item.textContent = stage.name;
          item.className = stage.state;
          return item;
        }),
      );
      if (job.state === "done") return location.assign(job.after);
      if (job.state !== "running") return location.reload();
    } catch {
      /* asked again below */
    }
    setTimeout(look, 700);
  };
  look();
}

/** Files are dropped where they can be chosen; a chosen file is shown by its name. */
function drops() {
  for (const zone of $$("label.drop")) {
    const input = zone.querySelector("input[type=file]");
    for (const name of ["dragover", "dragenter"]) {
      zone.addEventListener(name, (event) => {
        event.preventDefault();
        zone.classList.add("over");
      });
    }
    zone.addEventListener("dragleave", () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("over");
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
}

/** A form is sent once; some ask first; some are sent as soon as something is chosen. */
function forms() {
  for (const form of $$("form")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.ask && !confirm(form.dataset.ask)) return event.preventDefault();
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "yes";
      setTimeout(() => $$("button", form).forEach((button) => (button.disabled = true)), 0);
      return undefined;
    });
  }
  window.addEventListener("pageshow", () => {
    for (const form of $$("form")) delete form.dataset.sent;
    for (const button of $$("form button")) button.disabled = false;
  });
}

/** A list is narrowed by what is typed. */
function filters() {
  for (const input of $$("input[data-filter]")) {
    const rows = $$(`${input.dataset.filter} label, ${input.dataset.filter} tbody tr`);
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
  }
}

document.addEventListener("DOMContentLoaded", () => {
  stay();
  watchJob();
  drops();
  forms();
  filters();
  document.documentElement.dataset.ready = "yes";
});
