/// The page's script: tabs by mouse and arrow keys, and the slider that moves the cursor of every picture. Without it the page still
/// shows everything, at the instant at which customers had noticed.
let pageScript = #"""
  "use strict";
  (function () {
    function time(seconds) {
      var whole = Math.floor(seconds), rest = whole % 60;
      return Math.floor(whole / 60) + "m" + (rest < 10 ? "0" : "") + rest;
    }
    function last(list, at) {
      var found = null;
      for (var i = 0; i < list.length && list[i][0] <= at; i++) found = list[i];
      return found;
    }
    function state(panel, data, at) {
      var x = data.left + (data.right - data.left) * Math.min(1, at / Math.max(1, data.length));
      panel.querySelectorAll(".cursor").forEach(function (line) {
        line.setAttribute("transform", "translate(" + x.toFixed(1) + ",0)");
      });
      panel.querySelectorAll(".node").forEach(function (node) {
        var now = last(data.nodes[node.dataset.node] || [], at);
        var effect = now && now[1] || "";
        node.classList.toggle("hurt", effect !== "");
        node.querySelector(".effect").textContent = effect;
      });
      var words = [time(at)];
      data.regions.forEach(function (region) {
        var slot = Math.min(region.offered.length - 1, Math.floor(at / data.step));
        if (slot < 0) return;
        var offered = region.offered[slot], good = region.good[slot], text = region.name + " " + offered + "/s";
        if (offered > 0) text += ", " + (100 * Math.max(0, 1 - good / offered)).toFixed(1) + " % bad";
        var p99 = null;
        for (var i = 0; i < region.p99At.length && region.p99At[i] <= at; i++) p99 = region.p99[i];
        if (p99 !== null) text += ", p99 " + (p99 < 1000 ? p99 + " ms" : (p99 / 1000).toFixed(1) + " s");
        words.push(text);
      });
      var minute = Math.min(data.burnt.length, Math.floor(at / 60));
      words.push("budget burnt " + (100 * (minute > 0 ? data.burnt[minute - 1] : 0)).toFixed(2) + " %");
      var output = panel.querySelector("output");
      output.textContent = words.join("  ·  ");
      panel.querySelector("input[type=range]").setAttribute("aria-valuetext", output.textContent);
    }
    document.querySelectorAll(".panel").forEach(function (panel) {
      var data = JSON.parse(panel.querySelector("script.data").textContent);
      var slider = panel.querySelector("input[type=range]");
      slider.addEventListener("input", function () { state(panel, data, Number(slider.value)); });
      state(panel, data, Number(slider.value));
    });
    var tabs = Array.prototype.slice.call(document.querySelectorAll("[role=tab]"));
    function choose(tab) {
      tabs.forEach(function (other) {
        var isChosen = other === tab;
        other.setAttribute("aria-selected", String(isChosen));
        other.tabIndex = isChosen ? 0 : -1;
        document.getElementById(other.getAttribute("aria-controls")).classList.toggle("hidden", !isChosen);
      });
      tab.focus();
    }
    tabs.forEach(function (tab, index) {
      tab.addEventListener("click", function () { choose(tab); });
      tab.addEventListener("keydown", function (event) {
        var step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], next = null;
        if (step) next = tabs[(index + step + tabs.length) % tabs.length];
        if (event.key === "Home") next = tabs[0];
        if (event.key === "End") next = tabs[tabs.length - 1];
        if (!next) return;
        event.preventDefault();
        choose(next);
      });
    });
  })();
  """#
