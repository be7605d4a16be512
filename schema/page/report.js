"use strict";
(function () {
	function value(row, column) {
		var cell = row.cells[column];
		var number = cell.getAttribute("data-v");
		return number === null ? cell.textContent.trim().toLowerCase() : parseFloat(number);
	}
	function compare(a, b) {
		if (typeof a === typeof b)
			return a < b ? -1 : a > b ? 1 : 0;
		return typeof a === "number" ? -1 : 1;
	}
	function sort(table, column, button) {
		var body = table.tBodies[0];
		var head = button.parentNode;
		var down = head.getAttribute("aria-sort") === "descending" ? 1 : -1;
		var rows = Array.prototype.slice.call(body.rows);
		table.querySelectorAll("th").forEach(function (th) { th.removeAttribute("aria-sort"); });
		head.setAttribute("aria-sort", down < 0 ? "descending" : "ascending");
		rows.sort(function (a, b) { return down * compare(value(a, column), value(b, column)); });
		rows.forEach(function (row) { body.appendChild(row); });
	}
	function tools(table) {
		var box = document.createElement("div");
		var label = document.createElement("label");
		var input = document.createElement("input");
		box.className = "tools";
		label.textContent = "Filter ";
		input.type = "search";
		label.appendChild(input);
		box.appendChild(label);
		input.addEventListener("input", function () {
			var wanted = input.value.toLowerCase();
			Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
				row.hidden = row.textContent.toLowerCase().indexOf(wanted) < 0;
			});
		});
		table.parentNode.parentNode.insertBefore(box, table.parentNode);
	}
	document.querySelectorAll("table.sortable").forEach(function (table) {
		Array.prototype.forEach.call(table.tHead.rows[0].cells, function (th, column) {
			var button = document.createElement("button");
			button.type = "button";
			button.textContent = th.textContent;
			th.textContent = "";
			th.appendChild(button);
			button.addEventListener("click", function () { sort(table, column, button); });
		});
		tools(table);
	});
	var all = document.getElementById("everything");
	if (all) {
		var button = document.createElement("button");
		button.type = "button";
		button.textContent = "Open everything, and print it";
		button.addEventListener("click", function () {
			document.body.classList.add("everything");
			document.querySelectorAll("details").forEach(function (d) { d.open = true; });
			window.print();
		});
		all.appendChild(button);
	}
	function open() {
		var target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
		if (target && target.tagName === "DETAILS")
			target.open = true;
	}
	window.addEventListener("hashchange", open);
	open();
})();
