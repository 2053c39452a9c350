
"use strict";
// Puts a filter above each table of more than ten rows. The page is whole without it.
(function () {
  var label = document.body.dataset.filter, shown = document.body.dataset.shown, n = 0;
  document.querySelectorAll("table").forEach(function (table) {
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    if (rows.length <= 10) { return; }
    var id = "filter-" + (++n), box = document.createElement("p"), name = document.createElement("label");
    var field = document.createElement("input"), count = document.createElement("span");
    box.className = "filter";
    name.htmlFor = field.id = id;
    name.textContent = label;
    field.type = "search";
    count.setAttribute("role", "status");
    box.append(name, field, count);
    table.parentNode.before(box);
    var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
    field.addEventListener("input", function () {
      var words = field.value.toLowerCase().split(/\s+/), left = 0;
      rows.forEach(function (row, i) {
        row.hidden = !words.every(function (word) { return texts[i].indexOf(word) >= 0; });
        if (!row.hidden) { left++; }
      });
      count.textContent = shown.replace("{n}", left).replace("{all}", rows.length);
    });
  });
})();
