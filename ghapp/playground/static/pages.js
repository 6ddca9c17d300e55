// While a person watches, the part of the page marked "live" is fetched again and put in when it has changed.
// What stands in the forms below it is left alone, and so is what was folded or unfolded.
const seconds = 3;
let last = document.getElementById("live")?.innerHTML;

async function refresh() {
  const live = document.getElementById("live");
  if (!live || document.hidden) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  if (!fresh || fresh.innerHTML === last) return;
  last = fresh.innerHTML;
  for (const was of live.querySelectorAll("details[id]")) {
    const now = fresh.querySelector(`#${was.id}`);
    if (now) now.open = was.open;
  }
  live.replaceChildren(...fresh.childNodes);
}

setInterval(() => refresh().catch(() => {}), seconds * 1000);
